-- Sixteen requests in one write.
function init(args)
	local one = wrk.format("GET")
	all = string.rep(one, 16)
end

function request()
	return all
end

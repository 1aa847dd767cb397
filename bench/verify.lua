-- Asks, as a proxy does, about a request to another application: -- TOKEN
local one

function init(args)
	wrk.headers["Authorization"] = "token " .. args[1]
	wrk.headers["X-Original-Method"] = "GET"
	wrk.headers["X-Original-URI"] = "/shop/1"
	one = wrk.format("GET")
end

function request()
	return one
end

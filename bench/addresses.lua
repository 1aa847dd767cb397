-- One request from ever other addresses, as a trusted proxy in front would say: -- LEAD TOKEN ADDRESSES
-- So that wrong secrets stay below the throttle, which counts tries of one address with one key.
local all, at, addresses = {}, 0, 0

function init(args)
	addresses = tonumber(args[3])
	for i = 0, addresses - 1 do
		wrk.headers["Authorization"] = "token " .. args[2]
		wrk.headers["X-Forwarded-For"] =
			string.format("10.%s.%d.%d", args[1], math.floor(i / 256), i % 256)
		all[i] = wrk.format("GET")
	end
end

function request()
	at = (at + 1) % addresses
	return all[at]
end

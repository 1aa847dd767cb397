-- One request from ever other addresses, as a trusted proxy in front would say: -- LEAD TOKEN
-- So that wrong secrets stay below the throttle, which counts tries of one address with one key.
local ADDRESSES = 16384
local all, at = {}, 0

function init(args)
	for i = 0, ADDRESSES - 1 do
		wrk.headers["Authorization"] = "token " .. args[2]
		wrk.headers["X-Forwarded-For"] =
			string.format("10.%s.%d.%d", args[1], math.floor(i / 256), i % 256)
		all[i] = wrk.format("GET")
	end
end

function request()
	at = (at + 1) % ADDRESSES
	return all[at]
end

-- Reads documents by name, each time another: -- ROWS
local PATH = "/api/resource/Reading/r%09d"
local all, at = {}, 0

function init(args)
	math.randomseed(7)
	for i = 0, 16383 do
		all[i] = wrk.format("GET", string.format(PATH, math.random(0, tonumber(args[1]) - 1)))
	end
end

function request()
	at = (at + 1) % 16384
	return all[at]
end

-- Lists the twenty documents of one station, found by its index, each time another: -- STATIONS
local PATH = '/api/resource/Reading?fields=["name","station","title","status","level",' ..
	'"temperature","taken_on","modified"]&filters=[["station","=","st-%05d"]]&limit_page_length=20'
local all, at = {}, 0

-- As browsers and Python's requests send them.
local function quoted(path)
	return (path:gsub('["%[%] ]', function(c) return string.format("%%%02X", c:byte()) end))
end

function init(args)
	math.randomseed(7)
	for i = 0, 4095 do
		local station = math.random(0, tonumber(args[1]) - 1)
		all[i] = wrk.format("GET", quoted(string.format(PATH, station)))
	end
end

function request()
	at = (at + 1) % 4096
	return all[at]
end

-- Makes one document with two links and five rows, each with a link, a request.
wrk.method = "POST"
local row = '{"place":"%s","found":"Nothing out of the ordinary","level":%d}'
local rows = {}
for i = 1, 5 do
	rows[i] = string.format(row, i % 2 == 0 and "North" or "South", i)
end
wrk.body = '{"place":"North","visitor":"bench@example.com","note":"From the bench","lines":[' .. table.concat(rows, ",") .. ']}'
wrk.headers["Content-Type"] = "application/json"

-- Makes one document a request.
wrk.method = "POST"
wrk.body = '{"station":"st-00001","title":"Inserted","status":"New","sensor":"th-01","unit":"metric",' ..
	'"serial":"0badcafe","level":12,"battery":99,"samples":12,"valid":1,"temperature":21.5,' ..
	'"pressure":1013.25,"taken_on":"2026-11-24","remark":"From the bench"}'
wrk.headers["Content-Type"] = "application/json"

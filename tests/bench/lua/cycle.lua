-- Requests that change nothing of each other, in turn; every reply has the expected status and a text in its body.
--   spec.requests = { {method=, path=, headers=, body=}, ... }, spec.status, spec.body_has
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")
local spec, made, at = common.spec, {}, 0

function init()
  for _, r in ipairs(spec.requests) do
    table.insert(made, wrk.format(r.method, r.path, r.headers, r.body))
  end
end

function request()
  at = at % #made + 1
  return made[at]
end

function response(status, headers, body)
  if status ~= spec.status then return common.bad("status", status, body) end
  if not body:find(spec.body_has, 1, true) then return common.bad("body", status, body) end
  n_ok = n_ok + 1
end

-- Requests that spend an item each (a code, a token), or take turns where nothing is spent. What the replies give can be
-- kept, for the next load to spend.
--   spec.requests   { {method=, path=, headers=, body=}, ... }; @ITEM@ in a body stands for the item
--   spec.items      a file of items, one a line, each sent once; wrk ends when there are no more, or `spec.most` were sent
--   spec.status, spec.body_has
--   spec.keep       { file=, header= (in small letters) or nil for the body, pattern= }
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")
local spec, made, at, items, kept = common.spec, {}, 0, nil, nil

function init()
  if spec.items then
    items = {}
    for line in io.lines(spec.items) do
      if #items < (spec.most or math.huge) then table.insert(items, line) end
    end
  else
    for _, r in ipairs(spec.requests) do table.insert(made, wrk.format(r.method, r.path, r.headers, r.body)) end
  end
  if spec.keep then kept = assert(io.open(spec.keep.file, "w")) end
end

function request()
  at = at + 1
  if not items then return made[(at - 1) % #made + 1] end
  if common.only_looked_at() then at = 0 end
  local r, item = spec.requests[1], items[math.max(at, 1)]
  if not item then -- those under way are neither read nor counted
    wrk.thread:stop()
    item = "none"
  end
  return wrk.format(r.method, r.path, r.headers, (r.body:gsub("@ITEM@", function() return item end)))
end

local function header(headers, wanted)
  for name, value in pairs(headers) do
    if name:lower() == wanted then return value end
  end
  return ""
end

function response(status, headers, body)
  if status ~= spec.status then return common.bad("status", status, body) end
  if spec.body_has and not body:find(spec.body_has, 1, true) then return common.bad("body", status, body) end
  if kept then
    local from = spec.keep.header and header(headers, spec.keep.header) or body
    local found = from:match(spec.keep.pattern)
    if not found then return common.bad("nothing to keep", status, from) end
    kept:write(found, "\n")
  end
  n_ok = n_ok + 1
end

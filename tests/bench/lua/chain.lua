-- Rotation, and rotation mixed with other work. As many chains as connections: each request in flight has a chain of its
-- own, takes its newest refresh token, and the token of the reply is what that chain sends next. (wrk does not tell a
-- script which connection calls; a queue of chains is the same thing by another name.)
--   spec.chains      { {refresh=, access=}, ... }
--   spec.refresh     { path=, headers=, body= }, @RT@ stands for the token
--   spec.pattern     how the kinds take turns, as { "bearer", "refresh", "login", ... }
--   spec.bearer      { path=, headers= }, spec.bearer_has; spec.login { {path=, headers=, body=}, ... }
--   spec.rotates     false where the server gives the same token back
--   spec.header      { name, value } that a refresh reply must carry; only without a mix
local common = dofile(os.getenv("BENCH_LUA") .. "/common.lua")
local spec = common.spec
local SEEN_MAX = 8192 -- tokens sent that are remembered, twice
local queue, head, tail = {}, 1, 0
local access, access_next, access_at = {}, 1, 0
local sent, sent_before, sent_count = {}, {}, 0
local turn, logins, login_at = 0, {}, 0
local mixed = #spec.pattern > 1
asked_bearer, asked_tokens, got_bearer, got_tokens = 0, 0, 0, 0

local function split(text)
  local before, after = text:match("^(.-)@RT@(.*)$")
  return before or text, after
end
local path_before, path_after = split(spec.refresh.path)
local body_before, body_after = split(spec.refresh.body or "")

function init()
  for i, chain in ipairs(spec.chains) do
    if (i - 1) % spec.threads == thread_number then
      tail = tail + 1
      queue[tail] = chain.refresh
      table.insert(access, chain.access)
    end
  end
  for _, r in ipairs(spec.login or {}) do
    table.insert(logins, wrk.format("POST", r.path, r.headers, r.body))
  end
end

local function remember(token)
  sent[token] = true
  sent_count = sent_count + 1
  if sent_count > SEEN_MAX then sent_before, sent, sent_count = sent, {}, 0 end
end

local function refresh_request(only_looked_at)
  local token = queue[head]
  if token == nil then
    common.bad("no chain is free", 0, "")
    token = "none"
  elseif not only_looked_at then
    queue[head] = nil
    head = head + 1
    remember(token)
  end
  local path = path_after and (path_before .. token .. path_after) or path_before
  local body = body_after and (body_before .. token .. body_after) or nil
  return wrk.format("POST", path, spec.refresh.headers, body)
end

local bearer_headers = {}
for name, value in pairs(spec.bearer and spec.bearer.headers or {}) do bearer_headers[name] = value end

function request()
  if common.only_looked_at() then return refresh_request(true) end
  turn = turn % #spec.pattern + 1
  local kind = spec.pattern[turn]
  if kind == "bearer" then
    asked_bearer = asked_bearer + 1
    access_at = access_at % #access + 1
    bearer_headers["Authorization"] = "Bearer " .. access[access_at]
    return wrk.format("GET", spec.bearer.path, bearer_headers, nil)
  end
  asked_tokens = asked_tokens + 1
  if kind == "login" then
    login_at = login_at % #logins + 1
    return logins[login_at]
  end
  return refresh_request(false)
end

local function took_token(status, headers, body, token)
  if spec.rotates and (sent[token] or sent_before[token]) then return common.bad("the same token again", status, body) end
  if spec.header and not mixed and headers[spec.header[1]] ~= spec.header[2] then
    return common.bad("no " .. spec.header[1] .. ": " .. spec.header[2], status, body)
  end
  tail = tail + 1
  queue[tail] = token
  got_tokens = got_tokens + 1
  local newest = body:match('"access_token"%s*:%s*"([^"]+)"')
  if not newest then return common.bad("no access token", status, body) end
  if mixed then
    access[access_next] = newest
    access_next = access_next % #access + 1
  end
  n_ok = n_ok + 1
end

function response(status, headers, body)
  if status ~= 200 then return common.bad("status", status, body) end
  local token = body:match('"refresh_token"%s*:%s*"([^"]+)"')
  if token then
    took_token(status, headers, body, token)
    if got_tokens > asked_tokens then common.bad("more tokens than asked for", status, "") end
  elseif mixed and body:find(spec.bearer_has, 1, true) then
    got_bearer = got_bearer + 1
    n_ok = n_ok + 1
    if got_bearer > asked_bearer then common.bad("more users than asked for", status, "") end
  else
    common.bad("body", status, body)
  end
end

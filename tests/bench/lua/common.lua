-- What all scripts share: the specification, the checks of a reply, and the result as one line of JSON.
--   BENCH_SPEC  a Lua file that returns a table (load.py writes it)
--   BENCH_OUT   where done() writes
-- wrk keeps one Lua state a thread and one for setup() and done(); globals of a thread are read by name.
local common = { spec = dofile(os.getenv("BENCH_SPEC")) }

n_ok, n_bad, first_bad = 0, 0, ""
local threads = {}

function setup(thread)
  thread:set("thread_number", #threads)
  table.insert(threads, thread)
end

function common.bad(why, status, body)
  n_bad = n_bad + 1
  if first_bad == "" then
    first_bad = (why .. ": " .. status .. " " .. body:sub(1, 200)):gsub('[%c"\\]', " ")
  end
end

-- The first call of request() in the first thread is wrk looking at what the script makes: nothing of it is sent.
function common.only_looked_at()
  if common.looked or thread_number ~= 0 then return false end
  common.looked = true
  return true
end

local function total(name)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get(name) or 0) end
  return sum
end

function done(summary, latency, requests)
  local said = ""
  for _, thread in ipairs(threads) do
    if said == "" then said = thread:get("first_bad") or "" end
  end
  local e = summary.errors
  local out = assert(io.open(os.getenv("BENCH_OUT"), "w"))
  out:write(string.format('{"requests":%d,"duration_us":%d,"bytes":%d,"connect_errors":%d,"read_errors":%d,"write_errors":%d,' ..
    '"status_errors":%d,"timeouts":%d,"ok":%d,"bad":%d,"first_bad":"%s","mean_us":%.1f,"p50_us":%d,"p90_us":%d,"p99_us":%d,' ..
    '"max_us":%d}\n', summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    total("n_ok"), total("n_bad"), said, latency.mean, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max))
  out:close()
end

return common

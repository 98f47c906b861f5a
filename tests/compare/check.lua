-- Sends one workload with wrk and checks every answer: its status, and that it is about what was
-- asked and not answered yet. wrk does not tell which answer belongs to which request, so what is
-- asked is counted, and an answer takes one away.

local workload = os.getenv("COMPARE_WORKLOAD")
local path = os.getenv("COMPARE_PATH")
local seed = tonumber(os.getenv("COMPARE_SEED"))
local users = tonumber(os.getenv("COMPARE_USERS"))
local bulk = tonumber(os.getenv("COMPARE_BULK"))
local json = { ["content-type"] = "application/json" }
local threads = {}
local asked = {}
local pages = {}
local number = 0
wrong = 0
first_wrong = ""

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  math.randomseed(seed)
  for line in io.lines(os.getenv("COMPARE_PAGES")) do
    local place, first = line:match("^(%S+) (%d+)$")
    pages[#pages + 1] = { place = place, first = first }
  end
end

local function expect(what)
  asked[what] = (asked[what] or 0) + 1
end

local function by_id()
  local id = tostring(math.random(1, users))
  expect(id)
  return wrk.format("GET", path .. "/" .. id)
end

local function page()
  local chosen = pages[math.random(#pages)]
  expect(chosen.first)
  return wrk.format("GET", path .. "?limit=50&" .. chosen.place)
end

local function new_user()
  number = number + 1
  local email = string.format("load%d.%d@example.org", seed, number)
  return email, string.format('{"email":"%s","name":"Load %d"}', email, number)
end

local function create()
  local email, body = new_user()
  expect(email)
  return wrk.format("POST", path, json, body)
end

local function create_many()
  local rows = {}
  for row = 1, bulk do
    local _, body = new_user()
    rows[row] = body
  end
  return wrk.format("POST", path .. "/bulk", json, "[" .. table.concat(rows, ",") .. "]")
end

local function health()
  return wrk.format("GET", path)
end

local requests = {
  W1 = by_id, W2 = by_id, W2r = by_id, W3 = page, W4 = create, W5 = create_many, W7 = health,
}
request = requests[workload]

local function was_asked(what)
  if what == nil or not asked[what] then return false end
  asked[what] = asked[what] > 1 and asked[what] - 1 or nil
  return true
end

local function is_right(status, body)
  if workload == "W7" then return status == 200 end
  if workload == "W5" then return status == 201 and body:match('"inserted": ?(%d+)') == tostring(bulk) end
  if workload == "W4" then return status == 201 and was_asked(body:match('"email": ?"([^"]+)"')) end
  if status ~= 200 or not was_asked(body:match('"id": ?(%d+)')) then return false end
  if workload ~= "W3" then return body:find('"email":', 1, true) ~= nil end
  local _, rows = body:gsub('"id":', "")
  return rows == 50
end

function response(status, _, body)
  if not is_right(status, body) then
    wrong = wrong + 1
    if wrong == 1 then first_wrong = status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency)
  local all, sample = 0, ""
  for _, thread in ipairs(threads) do
    all = all + thread:get("wrong")
    if sample == "" then sample = thread:get("first_wrong") end
  end
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("COMPARE %d %d %d %d %d %d\n", summary.requests, summary.duration, all,
    lost, latency:percentile(50), latency:percentile(99)))
  io.write("WRONG " .. sample .. "\n")
end

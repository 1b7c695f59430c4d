-- SPDX-License-Identifier: Apache-2.0

-- For wrk: uploads archives, each of which is different, and checks each answer.
--
--   wrk … -s upload.lua URL -- TEMPLATE ENTRIES FIRST
--
-- TEMPLATE is a file with a mark of twenty @, in whose place each request has a
-- number: from FIRST on. The last line of the output is JSON.

local threads = {}

function setup(thread)
  thread:set("index", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  local mark = string.rep("@", 20)
  local from, to = assert(body:find(mark, 1, true))
  before, behind = body:sub(1, from - 1), body:sub(to + 1)
  expected_bytes = '"bytes":' .. #body .. ","
  expected_entries = '"entries":' .. arguments[2]
  number = tonumber(arguments[3]) + index * 1e9
  whole, broken, refused = 0, 0, 0
end

function request()
  number = number + 1
  return wrk.format("POST", "/upload", nil,
                    before .. string.format("%020d", number) .. behind)
end

function response(status, headers, body)
  if status ~= 200 then
    refused = refused + 1
  elseif (body:find(expected_bytes, 1, true) or
          body:find(expected_bytes:sub(1, -2) .. "}", 1, true)) and
         body:find(expected_entries, 1, true) and
         body:find('"sha256":"' .. string.rep("%x", 64) .. '"') then
    whole = whole + 1
  else
    broken = broken + 1
  end
end

function done(summary)
  local total = {whole = 0, broken = 0, refused = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(total) do total[name] = total[name] + thread:get(name) end
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"whole":%d,"broken":%d,"refused":%d,"no_answer":%d,"seconds":%.6f}\n',
    total.whole, total.broken, total.refused,
    errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6))
end

-- The request of `emulator-rate`, for wrk.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"order":"0190e6f2-6f0c-7cc2-a5c8-8c2b1d0f7a11","customer":4711,"items":["a","b"],"note":"it\'s here"}'

function done(summary, latency)
  local seconds = summary.duration / 1e6
  local bad = summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout
  io.write(string.format("RATE %.0f %d %d %d\n", summary.requests / seconds, latency:percentile(50), latency:percentile(99), bad))
end

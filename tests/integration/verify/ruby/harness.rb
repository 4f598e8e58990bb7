# Reads tokens, one a line, and prints what the file named by the argument makes of each: its sub, or why it refuses it.
require "json"

STDIN.each_line do |line|
  begin
    require_relative ARGV[0]
    answer = { sub: verify(line.strip)["sub"] }
  rescue StandardError => error
    answer = { refused: "#{error.class}: #{error.message}" }
  end
  puts JSON.generate(answer)
  STDOUT.flush
end

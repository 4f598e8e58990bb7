// What pawlctl asks a person, and secrets from standard input. Secrets never come from the command line, where every
// process of the machine can read them. One thread.
#pragma once

#include "core/secret.hpp"
#include "tools/program.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::tools {

inline constexpr std::size_t secret_line_size_max = 4096; // bytes of one line: a password, a hash, a token

// No core dumps and no ptrace from now on: there are secrets in memory.
void guard_secrets();

// Goes on where `yes` (--yes) or where the person at the terminal says so; throws tool_error otherwise: exit 2 where
// there is no one to ask, 1 where the answer is no. `question` ends without "?".
void confirm(const std::string& question, bool yes);

// The line a person types after `question`, without its newline. Throws tool_error (2) where the input ends.
std::string ask_line(std::string_view question);

// A new password, typed twice at the terminal without echo. Throws tool_error (2) where there is no terminal or the two
// differ.
secret_string ask_new_password(std::string_view of_whom);

// The next line of standard input without its newline. Throws tool_error (2) where there is none (`what` names it), or
// it is empty or over secret_line_size_max.
secret_string read_secret_line(std::string_view what);

// `given` as it is, unless it is empty or "-": then the next line of standard input.
secret_string given_or_stdin(const std::string& given, std::string_view what);

} // namespace pawl::tools

// The part of an imported user's line that is about its account: what users have since version 3 of their record, and
// how small values of lines are read. Pure; any thread.
#pragma once

#include "app/http/member_reader.hpp"
#include "core/clock.hpp"
#include "core/user/user.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::app {

// Whether the member is an empty text. As other members of a line, that is as good as none: exports of other programs
// have it.
bool is_empty(member_reader& from, std::string_view name);
// 1970 where there is none.
timestamp read_time(member_reader& from, std::string_view name);
// At most `max`, which 32 bits hold; 0 where there is none.
std::uint32_t read_small(member_reader& from, std::string_view name, std::uint64_t max);

// What a factor is, as exports and seeds say it: `kind`, `name`, `salt`; of a TOTP `digits`, `period`, `algorithm` and
// `proven_step`, of recovery codes their `count`.
void read_factor_facts(member_reader& from, user_factor& f);
void read_account(member_reader& from, user& u);
// What is wrong with it, a sentence fragment; or nothing.
std::string check_imported_account(const user& u);

} // namespace pawl::app

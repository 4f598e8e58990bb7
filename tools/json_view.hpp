// A server's JSON for people: members by name, one object as a table of two columns.
#pragma once

#include "tools/output.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace pawl::tools {

// The member as text fit for a terminal: strings as they are, lists joined, nothing for null or where there is none.
std::string text_of(const boost::json::value& object, std::string_view name);
std::string text_of(const boost::json::value& value);
// The array that the member is; an empty one where it is none.
const boost::json::array& list_of(const boost::json::value& object, std::string_view name);
bool is_true(const boost::json::value& object, std::string_view name);
// Null if there is no such member.
const boost::json::value* member_of(const boost::json::value& object, std::string_view name);

// Under --json the value on one line; else its members one a line, nested ones as "gate.epoch", under `title`.
void print_record(output& out, std::string_view title, const boost::json::value& record);
// The value on one line: --json's form.
void print_json(output& out, const boost::json::value& value);

} // namespace pawl::tools

// What the commands of clients, APIs and scopes share: options that are members of a body, and answers.
#pragma once

#include "tools/client/admin_client.hpp"
#include "tools/output.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace pawl::tools {

// A body in the making: each option that is given is a member of it.
using body_ptr = std::shared_ptr<boost::json::object>;

// Each adds an option to `command`; `member` and `words` are static.
void add_text(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
              const char* meaning);
void add_list(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
              const char* meaning); // may be given again
// The same, within the object that is the member `within`.
void add_inner_list(CLI::App& command, const body_ptr& body, const char* option, const char* within, const char* member,
                    const char* type, const char* meaning);
void add_number(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
                const char* meaning);
void add_word(CLI::App& command, const body_ptr& body, const char* option, const char* member,
              std::span<const std::string_view> words, const char* meaning);
// "--enabled,!--disabled" as CLI11 has it.
void add_switch(CLI::App& command, const body_ptr& body, const char* options, const char* member, const char* meaning);
// A file with a JSON value.
void add_json_file(CLI::App& command, const body_ptr& body, const char* option, const char* member,
                   const char* meaning);
// A JSON object: as text, or @ and a file that has it. Throws tool_error (usage) for anything else.
void add_json_object(CLI::App& command, const body_ptr& body, const char* option, const char* member,
                     const char* meaning);
// --clear MEMBER: null.
void add_clear(CLI::App& command, const body_ptr& body);

// Throws tool_error (usage) where nothing was said.
void refuse_empty(const boost::json::object& body);

// DELETE, and says so.
int remove_entity(program& p, const char* collection, const char* what, const std::string& name, bool yes);
// The members of `list` in the answer to GET `target`: one object a line under --json, else a table of `t`.
int list_entities(program& p, const std::string& target, std::string_view list, table t,
                  std::vector<cell> (*row)(const boost::json::value&));

} // namespace pawl::tools

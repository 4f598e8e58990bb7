// Records of the log for people and programs: what each says, without any secret (of a password hash its kind).
#pragma once

#include "core/family/event.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/record/record.hpp"
#include "storage/record/tell.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::tools {

struct record_text {
    std::string type;                // "user", "family_created", "family_word", "event", or its number
    std::optional<user_id> user;     // whom it is about, as far as it says
    std::optional<family_id> family; // which it is about, as far as it says
    std::string text;                // one line, fit for a terminal
    std::string json;                // an object
};
// A record that can't be decoded is said to be so.
record_text describe(const storage::record_view& record);
// True for a name that record_text::type may have: user, family_created, family_word, event, serving.
bool is_record_type(std::string_view name);

using storage::hash_kind;
// "live", or why and how it ended.
std::string word_text(family_word word);
// Members of a user that are no secret, as a JSON object.
std::string user_json(const user& u);
// "192.0.2.1 (agent)", as far as there is any.
std::string place_text(const peer_address& address, std::string_view agent);

} // namespace pawl::tools

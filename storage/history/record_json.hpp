// Records of the log as JSON objects, without any secret: what pawlctl log dump prints, GET /admin/events sends and
// webhooks carry.
#pragma once

#include "core/family/event.hpp"
#include "storage/entity/record_codec.hpp"

#include <string>
#include <string_view>

namespace pawl::storage {

// {"at","ip","user_agent"}
std::string use_json(const family_use& use);

// What a record says beside itself, where somebody knows it.
struct record_words {
    std::string_view kind; // of the event that is made of it; empty: none is
    user_id user;          // a word does not say whose family it is; 0: not known
};

// {"lsn","time","type", ...}: docs/pawlctl.md has the members.
std::string record_json(const record_view& record, const family_word_record& r, const record_words& words = {});
std::string record_json(const record_view& record, const family_created_record& r, const record_words& words = {});
std::string record_json(const record_view& record, const security_event& e);

} // namespace pawl::storage

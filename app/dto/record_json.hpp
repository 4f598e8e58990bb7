// Records of the log as JSON objects, without any secret: what pawlctl log dump prints, GET /admin/events sends and
// webhooks carry.
#pragma once

#include "core/event.hpp"
#include "storage/store/record_codec.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

// {"at","ip","user_agent"}
std::string use_json(const family_use& use);

// "reuse_detected", "login_failed" ...; "unknown" for one of a later version.
std::string_view name_of(event_kind kind);

// What a record says beside itself, where somebody knows it.
struct record_words {
    std::string_view kind; // of the event that is made of it; empty: none is
    user_id user;          // a word does not say whose family it is; 0: not known
};

// {"lsn","time","type", ...}: docs/pawlctl.md has the members.
std::string record_json(const storage::record_view& record, const storage::family_word_record& r,
                        const record_words& words = {});
std::string record_json(const storage::record_view& record, const storage::family_created_record& r,
                        const record_words& words = {});
std::string record_json(const storage::record_view& record, const security_event& e);

} // namespace pawl::app

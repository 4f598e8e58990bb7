// Records of the log as JSON objects, without any secret: what pawlctl log dump prints, GET /admin/events sends and
// webhooks carry. Their members: storage/entity.
#pragma once

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/entity/all.hpp"

#include <string>
#include <string_view>

namespace pawl::storage {

// What a record says beside itself, where somebody knows it.
struct record_words {
    std::string_view kind; // of the event that is made of it; empty: none is
    user_id user;          // a word does not say whose family it is; 0: not known, or the record says it
};

// {"lsn","time","type", ...}: docs/pawlctl.md has the members.
template <declared Record>
std::string record_json(const record_view& record, const Record& r, const record_words& words = {}) {
    std::string out;
    json_object_writer w(out);
    w.member("lsn", record.lsn).member("time", to_rfc3339_ms(record.time)).member("type", declaration<Record>::name);
    if (!words.kind.empty()) {
        w.member("kind", words.kind);
    }
    if (words.user != user_id{}) {
        w.member("user", words.user.value);
    }
    if constexpr (requires { declaration<Record>::within; }) {
        tell_value(w, declaration<Record>::within, r); // an object of its own
    } else {
        tell(w, r);
    }
    w.end();
    return out;
}

} // namespace pawl::storage

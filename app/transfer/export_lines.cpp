#include "app/transfer/export_lines.hpp"

#include "core/text/rfc3339.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/user.hpp"

#include <array>
#include <cstdio>

namespace pawl::app {

namespace {

std::string with_milliseconds(timestamp_ms t) {
    std::string text = to_rfc3339(to_seconds(t));
    std::array<char, 8> fraction{};
    const auto ms = static_cast<int>((t - to_seconds(t)).count());
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", ms);
    text.pop_back();
    return text + fraction.data();
}

void tell_counts(json_object_writer& w, const entity_counts& others) {
    for (const auto& [name, count] : others) {
        w.member(name, count);
    }
}

} // namespace

std::string export_line(const export_head& head) {
    std::string out;
    json_object_writer w(out);
    w.member("pawl_export", std::int64_t{head.others.empty() && !head.has_attributes ? 1 : export_version})
        .member("store", head.uuid)
        .member("lsn", head.lsn)
        .member("time", with_milliseconds(head.time))
        .member("next_user_id", head.next_user_id)
        .member("users", head.users)
        .member("families", head.families);
    tell_counts(w, head.others);
    w.member("users_only", head.users_only).end();
    return out;
}

std::string export_line(const user& u) {
    return exported_line("user", u);
}

std::string export_line(const storage::family_image& f) {
    return exported_line("family", storage::family_created_record{f.facts, f.word, f.ended_after,
                                                                  storage::view_of(f.use_generation, f.use)});
}

std::string export_end_line(std::uint64_t users, std::uint64_t families, const entity_counts& others) {
    std::string counts;
    json_object_writer w(counts);
    w.member("users", users).member("families", families);
    tell_counts(w, others);
    w.end();
    std::string out;
    json_object_writer(out).raw("end", counts).end();
    return out;
}

} // namespace pawl::app

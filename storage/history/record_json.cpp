#include "storage/history/record_json.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/timeline.hpp"

#include <array>

namespace pawl::storage {

namespace {

std::string use_json(const use_view& use) {
    std::string out;
    json_object_writer(out)
        .member("generation", std::uint64_t{use.generation})
        .member("at", to_rfc3339(use.at))
        .member("ip", to_text(use.address))
        .member("user_agent", use.agent)
        .end();
    return out;
}
void add_word(json_object_writer& w, family_word word) {
    w.member("generation", std::uint64_t{word.generation()})
        .member("rotated_at", std::uint64_t{word.rotated_at()})
        .member("status", name_of(word.status()))
        .member("confirmed", word.confirmed())
        .member("replays", std::uint64_t{word.replays()})
        .member("streak", std::uint64_t{word.streak()});
}

json_object_writer& begin(json_object_writer& w, const record_view& record, std::string_view type) {
    return w.member("lsn", record.lsn).member("time", to_rfc3339_ms(record.time)).member("type", type);
}

} // namespace

std::string use_json(const family_use& use) {
    std::string out;
    json_object_writer(out)
        .member("at", to_rfc3339(use.at))
        .member("ip", to_text(use.address))
        .member("user_agent", use.agent)
        .end();
    return out;
}

std::string record_json(const record_view& record, const family_word_record& r, const record_words& words) {
    std::string out;
    json_object_writer w(out);
    begin(w, record, "family_word");
    if (!words.kind.empty()) {
        w.member("kind", words.kind);
    }
    if (words.user != user_id{}) {
        w.member("user", words.user.value);
    }
    w.member("family", to_hex(r.id));
    add_word(w, r.word);
    w.member("ended_after", std::uint64_t{r.ended_after}).raw("use", use_json(r.use)).end();
    return out;
}

std::string record_json(const record_view& record, const family_created_record& r, const record_words& words) {
    std::string out;
    json_object_writer w(out);
    begin(w, record, "family_created");
    if (!words.kind.empty()) {
        w.member("kind", words.kind);
    }
    w.member("family", to_hex(r.facts.id))
        .member("user", r.facts.user.value)
        .member("client", std::uint64_t{r.facts.client.value})
        .member("epoch", std::uint64_t{r.facts.epoch})
        .member("created_at", to_rfc3339(r.facts.created_at))
        .member("idle_ttl", std::int64_t{r.facts.idle_ttl.count()})
        .member("absolute_ttl", std::int64_t{r.facts.absolute_ttl.count()});
    add_word(w, r.word);
    w.member("ended_after", std::uint64_t{r.ended_after}).raw("use", use_json(r.use)).end();
    return out;
}

std::string record_json(const record_view& record, const security_event& e) {
    std::string out;
    json_object_writer w(out);
    begin(w, record, "event").member("kind", name_of(e.kind)).member("user", e.user.value);
    const bool of_family = e.family != family_id{};
    if (of_family) {
        w.member("family", to_hex(e.family));
    }
    if (has_actor(e.kind)) {
        w.member("by", e.by.value).member("about", e.about);
    } else if (has_words(e.kind)) {
        w.member("about", e.about);
    }
    if (has_generations(e.kind) && of_family) {
        w.member("generation_presented", std::uint64_t{e.generation_presented})
            .member("generation_current", std::uint64_t{e.generation_current});
    }
    w.raw("presented", use_json(e.presented));
    if (e.last.at != timestamp{}) { // nothing was rotated: a login, an operator's action
        w.raw("last", use_json(e.last));
    }
    w.end();
    return out;
}

} // namespace pawl::storage

// Words of second factors on disk. Their own rules: core/factor/word.hpp.
#pragma once

#include "core/factor/word.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <compare>
#include <string>

namespace pawl::storage {

// Of whom, and which of its factors.
struct factor_key {
    user_id user;
    std::uint32_t factor = 0;
    friend auto operator<=>(const factor_key&, const factor_key&) = default;
};
inline std::string text_of(const factor_key& key) {
    return std::to_string(key.factor) + " of user " + std::to_string(key.user.value);
}

template <>
struct declaration<factor_state> {
    static constexpr record_type type = record_type::factor_word;
    static constexpr const char* name = "factor_word";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<user>;

    static constexpr std::tuple fields{
        at<&factor_state::user>("user"),       at<&factor_state::factor>("factor"),
        at<&factor_state::kind>("kind"),       at<&factor_state::word>("word"),
        at<&factor_state::used_at>("used_at"), at<&factor_state::used_from>("used_from"),
    };
    static bool sound(const factor_state& f) { return f.user != user_id{} && f.factor != 0; }
    static factor_key key(const factor_state& f) { return {f.user, f.factor}; }
    // Of two records neither replaces the other: they are merged.
    static factor_state merge(const factor_state& read, const factor_state& known) { return merged(known, read); }
    static bool newer(const factor_state& read, const factor_state& known) { return merge(read, known) != known; }

    // A text: programs that read numbers of JSON as doubles would round it.
    static void export_word(json_object_writer& w, const factor_state& f) { w.plain("word", std::to_string(f.word)); }

    static constexpr std::array exported{
        told<factor_state>{.member = "user", .says = "the number of its user", .absent = "required"},
        told<factor_state>{.member = "factor", .says = "the number of the factor", .absent = "required"},
        told<factor_state>{.member = "kind", .says = "`totp`, `recovery`", .absent = "`totp`"},
        told<factor_state>{.member = "word",
                           .write = export_word,
                           .says = "what its use changed: 64 bits as a number in a text; a number is taken, too",
                           .absent = "`\"0\"`"},
        told<factor_state>{.member = "used_at", .says = "its last use", .absent = "1970"},
        told<factor_state>{.member = "used_from", .says = "from where", .absent = "`\"\"`"},
    };
};

} // namespace pawl::storage

#include "app/dev/seed_factors.hpp"

#include "app/transfer/import_account.hpp"
#include "core/factor/totp.hpp"
#include "core/user/names.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <string>

namespace pawl::app {

namespace {

constexpr decltype(user_factor::salt) open_salt{};

user_factor read_seed_factor(member_reader& one, std::uint32_t number) {
    user_factor f;
    f.number = number;
    one.is_required("kind");
    read_factor_facts(one, f);
    if (f.kind == factor_kind::recovery && !one.given("count")) {
        f.count = recovery_codes_made;
    }
    if (one.given("salt") && f.salt == open_salt) {
        one.blame("salt", "must not be all 0");
    }
    const auto at = one.optional_time("created_at", time_form::text_or_seconds);
    f.created_at = at ? to_seconds(*at) : timestamp{};
    std::string why;
    const auto name = check_personal_name(f.name, why);
    if (!name) {
        one.blame("name", why);
    } else if (name->size() > factor_name_size_max) {
        one.blame("name", "must be at most " + std::to_string(factor_name_size_max) + " bytes long");
    }
    f.name = name.value_or("");
    one.refuse_others();
    return f;
}

} // namespace

void read_seed_factors(member_reader& reader, user& u) {
    const std::size_t count = reader.count_elements("factors", factors_max);
    for (std::size_t i = 0; i < count; ++i) {
        member_reader one(reader, "factors", i);
        u.factors.push_back(read_seed_factor(one, ++u.next_factor));
    }
    const auto sets = std::ranges::count(u.factors, factor_kind::recovery, &user_factor::kind);
    if (sets > 1) {
        reader.blame("factors", "has more than one set of recovery codes");
    } else if (sets == 1 && u.factors.size() == 1) {
        reader.blame("factors", "has recovery codes beside no other factor");
    }
}

void complete_seed_factors(user& u, const capsule_ring* ring, random_source& random, timestamp now) {
    for (user_factor& f : u.factors) {
        BOOST_ASSERT(ring != nullptr);
        f.key_id = ring->sealing_id();
        if (f.salt == open_salt) {
            random.fill(f.salt);
        }
        if (f.created_at == timestamp{}) {
            f.created_at = now;
        }
    }
}

} // namespace pawl::app

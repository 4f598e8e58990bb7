#include "core/service/happening.hpp"

#include "core/service/mail_cause.hpp"
#include "core/text/plain_number.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

namespace pawl {

namespace {

void add(std::vector<happening>& all, timestamp at, happening_kind what) {
    if (at != timestamp{}) {
        all.push_back({at, what, {}, {}, {}, {}});
    }
}

void add_gate(std::vector<happening>& all, const user_gate& gate) {
    switch (gate.reason) {
    case gate_reason::logout_all:
        return add(all, gate.changed_at, happening_kind::all_ended);
    case gate_reason::password_change:
        return add(all, gate.changed_at, happening_kind::password_changed);
    case gate_reason::disabled:
        return add(all, gate.changed_at, happening_kind::disabled);
    case gate_reason::restored:
        return add(all, gate.changed_at, happening_kind::restored);
    case gate_reason::none:
    case gate_reason::deleted:
        break;
    }
}

void add_factor(std::vector<happening>& all, const told_factor& one) {
    const user_factor& f = one.facts;
    all.push_back({f.created_at, happening_kind::factor_set_up, f.name, {}, f.kind, {}});
    if (one.state.used_at != timestamp{}) {
        all.push_back(
            {one.state.used_at, happening_kind::factor_used, f.name, network_text(one.state.used_from), f.kind, {}});
    }
}

auto order_of(const happening& h) {
    return std::tie(h.at, h.what, h.about, h.session);
}

constexpr std::uint64_t second_max = 253'402'300'799; // the last of the year 9999

} // namespace

const char* to_text(happening_kind kind) noexcept {
    switch (kind) {
    case happening_kind::made:
        return "account_made";
    case happening_kind::password_changed:
        return "password_changed";
    case happening_kind::address_proven:
        return "email_verified";
    case happening_kind::factor_set_up:
        return "factor_added";
    case happening_kind::factor_used:
        return "factor_used";
    case happening_kind::signed_in:
        return "signed_in";
    case happening_kind::all_ended:
        return "sessions_ended";
    case happening_kind::disabled:
        return "disabled";
    case happening_kind::restored:
        break;
    }
    return "restored";
}

std::vector<happening> happened_to(const user& u, const told_factors& factors,
                                   std::span<const family_details> sessions) {
    std::vector<happening> all;
    all.reserve(sessions.size() + 2 * factors.factors.size() + 4);
    add(all, u.created_at, happening_kind::made);
    add(all, u.email_verified_at, happening_kind::address_proven);
    add_gate(all, u.gate);
    if (u.password_changed_at != u.created_at && u.password_changed_at != u.gate.changed_at) {
        add(all, u.password_changed_at, happening_kind::password_changed);
    }
    for (const told_factor& one : factors.factors) {
        add_factor(all, one);
    }
    for (const family_details& f : sessions) {
        all.push_back({f.state.facts.created_at,
                       happening_kind::signed_in,
                       f.last_use.agent,
                       network_text(f.last_use.address),
                       {},
                       f.state.facts.id});
    }
    std::ranges::sort(all, [](const happening& a, const happening& b) { // no stable_sort: clang 19 calls it deprecated
        return order_of(b) < order_of(a);
    });
    return all;
}

std::string to_text(const happening_place& place) {
    std::string out = std::to_string(place.at.time_since_epoch().count());
    return place.index ? out + "-" + std::to_string(*place.index) : out;
}

std::optional<happening_place> happening_place_from(std::string_view text) noexcept {
    const std::size_t line = std::min(text.find('-'), text.size());
    const auto second = plain_number(text.substr(0, line), second_max);
    if (!second) {
        return std::nullopt;
    }
    happening_place place{timestamp(seconds(static_cast<std::int64_t>(*second))), {}};
    if (line < text.size()) {
        place.index = plain_number(text.substr(line + 1), std::numeric_limits<std::uint32_t>::max());
        if (!place.index) {
            return std::nullopt;
        }
    }
    return place;
}

happening_place place_of(std::span<const happening> all, std::size_t n) {
    std::size_t first = n;
    while (first > 0 && all[first - 1].at == all[n].at) {
        --first;
    }
    return {all[n].at, static_cast<std::uint32_t>(n - first)};
}

std::size_t older_than(std::span<const happening> all, const happening_place& place) {
    const auto first = std::ranges::lower_bound(all, place.at, std::greater<>(), &happening::at);
    const auto next = std::find_if(first, all.end(), [&](const happening& h) { return h.at != place.at; });
    const std::size_t of_second = static_cast<std::size_t>(next - first);
    const std::size_t passed = place.index ? std::min(of_second, std::size_t{*place.index} + 1) : of_second;
    return static_cast<std::size_t>(first - all.begin()) + passed;
}

} // namespace pawl

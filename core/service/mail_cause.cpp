#include "core/service/mail_cause.hpp"

#include "core/service/mail_service.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace pawl {

std::string network_text(const peer_address& address) {
    if (address == peer_address{}) {
        return {};
    }
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    constexpr std::size_t ipv4_kept = 15, ipv6_kept = 6; // bytes
    const bool is_ipv4 = std::equal(mapped.begin(), mapped.end(), address.bytes.begin());
    peer_address network;
    std::copy_n(address.bytes.begin(), is_ipv4 ? ipv4_kept : ipv6_kept, network.bytes.begin());
    return to_text(network) + (is_ipv4 ? "/24" : "/48");
}

mail_body cause_of(const caller& from, std::string about) {
    return {std::move(about), from.agent, network_text(from.address)};
}

std::optional<mail> notice_for(const service_context& context, mail_kind kind, const user& u, const caller& from,
                               std::string about) {
    if (context.mails == nullptr || !u.email_verified) {
        return std::nullopt;
    }
    mail_wish wish;
    wish.kind = kind;
    wish.user = u.id;
    wish.address = u.email;
    wish.lang = u.locale;
    wish.body = cause_of(from, std::move(about));
    return context.mails->make_notice(wish);
}

ticket send_notice(const service_context& context, mail_kind kind, const user& u, const caller& from) {
    const std::optional<mail> notice = notice_for(context, kind, u, from);
    return notice ? context.mails->hand_over(*notice) : ticket::none;
}

} // namespace pawl

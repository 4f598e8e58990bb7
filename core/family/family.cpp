#include "core/family/family.hpp"

#include <arpa/inet.h> // inet_ntop and inet_pton: text only, nothing of sockets

#include <cstring>
#include <iterator>
#include <utility>

namespace pawl {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_ipv4(const peer_address& a) {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), a.bytes.begin());
}

} // namespace

std::string to_text(const peer_address& a) {
    if (a == peer_address{}) {
        return {};
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v4 = is_ipv4(a);
    const std::uint8_t* from = a.bytes.data() + (v4 ? mapped_prefix.size() : 0);
    ::inet_ntop(v4 ? AF_INET : AF_INET6, from, text.data(), static_cast<socklen_t>(text.size()));
    return text.data();
}

std::optional<peer_address> peer_address_from_text(std::string_view text) {
    peer_address a;
    if (text.empty()) {
        return a;
    }
    std::array<char, INET6_ADDRSTRLEN> copy{}; // ends with a NUL, as inet_pton wants it
    if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::memcpy(copy.data(), text.data(), text.size());
    if (text.find(':') != std::string_view::npos) {
        // "::" is all zero, which here means that there is no address.
        if (::inet_pton(AF_INET6, copy.data(), a.bytes.data()) != 1 || a == peer_address{}) {
            return std::nullopt;
        }
        return a;
    }
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), a.bytes.begin());
    if (::inet_pton(AF_INET, copy.data(), a.bytes.data() + mapped_prefix.size()) != 1) {
        return std::nullopt;
    }
    return a;
}

std::string amr_json(std::uint16_t amr) {
    std::string out = "[";
    for (const auto& [bit, name] :
         {std::pair{amr_password, "pwd"}, std::pair{amr_otp, "otp"}, std::pair{amr_mfa, "mfa"}}) {
        if ((amr & bit) != 0) {
            out.append(out.size() > 1 ? "," : "").append("\"").append(name).append("\"");
        }
    }
    return out + "]";
}

std::string proof_claims(timestamp auth_time, std::uint8_t acr, std::uint16_t amr) {
    std::string out;
    if (auth_time == timestamp{}) {
        return out;
    }
    out.append(",\"auth_time\":").append(std::to_string(auth_time.time_since_epoch().count()));
    if (acr != 0 && acr < std::size(acr_names)) {
        out.append(",\"acr\":\"").append(acr_names[acr]).append("\"");
    }
    return amr == 0 ? out : out.append(",\"amr\":").append(amr_json(amr));
}

} // namespace pawl

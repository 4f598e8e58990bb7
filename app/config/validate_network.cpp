// The rules of addresses, of TLS and of the webhook.
#include "app/config/validate_parts.hpp"
#include "core/family/event.hpp"

#include <algorithm>
#include <set>

namespace pawl::app {

namespace {

constexpr std::string_view no_audience_word = "none";

option_error check_remote(const option_values& v, config& out) {
    using enum option_id;
    out.dev_allow_remote = v.flag(dev_allow_remote);
    if (!out.dev_allow_remote) {
        return std::nullopt;
    }
    if (!out.dev) {
        return v.complain(dev_allow_remote, "needs --dev");
    }
    // By a name of its own, so that no page elsewhere can reach it by a name that it turned to this address.
    if (!v.has(allowed_host) || v.texts(allowed_host).empty() ||
        std::ranges::find(v.texts(allowed_host), "*") != v.texts(allowed_host).end()) {
        return v.complain(dev_allow_remote, "needs --allowed-host with the names that clients use, not *");
    }
    out.warnings.emplace_back("--dev-allow-remote: who reaches this server can be any user and superuser: /dev/tokens "
                              "mints any token, /dev/requests shows what others sent");
    return std::nullopt;
}

} // namespace

option_error check_addresses(option_values& v, config& out) {
    using enum option_id;
    if (v.texts(listen).empty()) {
        return v.complain(listen, "must name at least one address");
    }
    std::set<std::string> seen;
    if (auto error = check_remote(v, out)) {
        return error;
    }
    for (const std::string& text : v.texts(listen)) {
        out.listen.push_back(*parse_listen_address(text));
        out.listen.back().is_localhost = out.listen.back().is_localhost || !v.given(listen);
        const listen_address& address = out.listen.back();
        if (out.dev && !out.dev_allow_remote && !address.is_loopback()) {
            return v.complain(listen, "must be loopback with --dev; --dev-allow-remote takes others");
        }
        if ((address.is_unix() || address.port != 0) && !seen.insert(address.text()).second) {
            return v.complain(listen, "names an address twice");
        }
    }
    if (v.has(issuer)) {
        out.issuer = v.text(issuer);
    } else if (out.listen.front().is_unix() || out.listen.front().is_unspecified()) {
        return v.complain(issuer, "is required with --listen " + out.listen.front().text() +
                                      ", which is no address that clients can use");
    }
    out.audience = v.has(audience) ? v.text(audience) : std::string();
    out.no_audience = out.audience == no_audience_word;
    if (out.no_audience) {
        out.audience.clear();
    }
    if (v.has(allowed_host)) {
        out.allowed_hosts = v.texts(allowed_host);
    }
    if (v.has(trusted_proxy)) {
        for (const std::string& text : v.texts(trusted_proxy)) {
            if (text == trusted_unix) {
                out.trusted_proxies.unix_sockets = true;
            } else {
                out.trusted_proxies.blocks.push_back(*address_block_from_text(text));
            }
        }
    }
    const bool on_unix = std::ranges::any_of(out.listen, &listen_address::is_unix);
    if (on_unix && !out.trusted_proxies.unix_sockets) {
        out.warnings.emplace_back(
            "--listen unix: requests there have no address, so failed logins have no limit; behind "
            "a proxy that says whom it speaks for add --trusted-proxy unix");
    }
    if (v.has(cors_origin)) {
        out.cors_origins = v.texts(cors_origin);
    }
    return std::nullopt;
}

option_error check_tls(option_values& v, config& out) {
    using enum option_id;
    const bool made = v.flag(tls_self_signed);
    if (v.has(tls_cert) != v.has(tls_key)) {
        return v.has(tls_cert) ? v.complain(tls_cert, "needs --tls-key") : v.complain(tls_key, "needs --tls-cert");
    }
    if (made && !out.dev) {
        return v.complain(tls_self_signed, "only with --dev: others need a certificate that somebody vouches for");
    }
    if (made && v.has(tls_cert)) {
        return v.complain(tls_self_signed, "contradicts --tls-cert");
    }
    if (!made && !v.has(tls_cert)) {
        return v.has(tls_client_ca) ? v.complain(tls_client_ca, "needs --tls-cert") : option_error();
    }
    tls_settings& tls = out.tls.emplace();
    tls.self_signed = made;
    if (!made) {
        tls.certificate = v.text(tls_cert);
        tls.key = v.text(tls_key);
    }
    if (v.has(tls_client_ca)) {
        tls.client_ca = v.text(tls_client_ca);
        tls.clients =
            v.text(tls_client_cert) == "optional" ? client_certificates::optional : client_certificates::required;
    }
    return std::nullopt;
}

option_error check_webhook(option_values& v, config& out) {
    using enum option_id;
    if (!v.has(webhook)) {
        for (const option_id id : {webhook_secret_file, webhook_event, webhook_ca}) {
            if (v.has(id)) {
                return v.complain(id, "needs --webhook");
            }
        }
        return std::nullopt;
    }
    const auto target = webhook_target_from_url(v.text(webhook));
    if (!target) {
        return v.complain(webhook, "must be https://HOST[:PORT]/PATH, without user and fragment");
    }
    if (!target->tls && !target->is_loopback() && !v.flag(webhook_http)) {
        return v.complain(webhook, "must be https, or http to loopback (to others only with --webhook-http)");
    }
    if (out.in_memory) {
        return v.complain(webhook, "needs a data directory: with --data-dir :memory: there is no log to deliver from");
    }
    if (!v.has(webhook_secret_file)) {
        return v.complain(webhook, "needs --webhook-secret-file");
    }
    webhook_settings& hook = out.webhook.emplace();
    hook.target = *target;
    hook.secret_file = v.text(webhook_secret_file);
    hook.ca_file = v.has(webhook_ca) ? v.text(webhook_ca) : std::string();
    if (v.has(webhook_event)) {
        hook.kinds = v.texts(webhook_event);
        for (const std::string& kind : hook.kinds) {
            if (!is_event_kind(kind)) {
                return v.complain(webhook_event, "names no type of event; docs/admin-api.md has them");
            }
        }
        return std::nullopt;
    }
    for (const std::string_view kind : event_kinds()) {
        if (kind != "family_rotated" && kind != "family_created") { // every refresh and every login
            hook.kinds.emplace_back(kind);
        }
    }
    return std::nullopt;
}

} // namespace pawl::app

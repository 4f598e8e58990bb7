#include "app/dto/factor_json.hpp"

#include "app/dto/responses.hpp"
#include "app/http/member_reader.hpp"
#include "core/family/family.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pawl::app {

std::string_view name_of(factor_kind kind) {
    return kind == factor_kind::totp ? "totp" : "recovery";
}

namespace {

std::string told(const told_factor& f) {
    std::string out;
    json_object_writer w(out);
    w.member("id", std::uint64_t{f.facts.number})
        .member("kind", name_of(f.facts.kind))
        .member("name", f.facts.name)
        .member("created_at", to_rfc3339(f.facts.created_at));
    const bool was_used = f.state.used_at != timestamp{};
    if (was_used) {
        w.member("last_used_at", to_rfc3339(f.state.used_at)).member("last_used_from", to_text(f.state.used_from));
    } else {
        w.raw("last_used_at", "null").raw("last_used_from", "null");
    }
    w.end();
    return out;
}

secret_string optional_secret(member_reader& reader, std::string_view name) {
    return reader.optional_secret(name).value_or(secret_string());
}

} // namespace

shown_codes read_codes(member_reader& reader) {
    return {optional_secret(reader, "totp"), optional_secret(reader, "recovery_code")};
}

result<factor_step> read_factor_step(const parameters& body) {
    member_reader reader(body);
    factor_step out;
    out.step = optional_secret(reader, reader.given("mfa_token") && !reader.given("step") ? "mfa_token" : "step");
    if (out.step.empty()) {
        reader.is_required("step");
    }
    out.codes = read_codes(reader);
    if (out.codes.empty()) {
        reader.blame("totp", "is required, or recovery_code");
    }
    out.remember = reader.optional_flag("remember").value_or(false);
    return reader.failed() ? result<factor_step>(reader.why()) : result<factor_step>(std::move(out));
}

result<step_up_request> read_step_up(const parameters& body) {
    member_reader reader(body);
    step_up_request out;
    out.password = optional_secret(reader, "password");
    out.codes = read_codes(reader);
    if (out.password.empty() && out.codes.empty()) {
        reader.blame("password", "is required, or totp, or recovery_code");
    }
    if (const auto acr = reader.optional_text("acr")) {
        const auto* const at = std::ranges::find(std::next(std::begin(acr_names)), std::end(acr_names), *acr);
        if (at == std::end(acr_names)) {
            reader.blame("acr", "must be urn:pawl:acr:1 or urn:pawl:acr:2");
        } else {
            out.acr = static_cast<std::uint8_t>(at - std::begin(acr_names));
        }
    }
    return reader.failed() ? result<step_up_request>(reader.why()) : result<step_up_request>(std::move(out));
}

result<secret_string> read_optional_step(const parameters& body) {
    member_reader reader(body);
    secret_string step = optional_secret(reader, "step");
    return reader.failed() ? result<secret_string>(reader.why()) : result<secret_string>(std::move(step));
}

result<totp_confirmation> read_totp_confirmation(const parameters& body) {
    member_reader reader(body);
    totp_confirmation out;
    out.step = optional_secret(reader, "step");
    out.capsule = reader.required_secret("capsule");
    out.totp = reader.required_secret("totp");
    out.name = reader.optional_text("name").value_or("");
    return reader.failed() ? result<totp_confirmation>(reader.why()) : result<totp_confirmation>(std::move(out));
}

result<std::string> read_factor_name(const parameters& body) {
    member_reader reader(body);
    std::string name = reader.required_text("name");
    return reader.failed() ? result<std::string>(reader.why()) : result<std::string>(std::move(name));
}

result<bool> read_keep_sessions(const parameters& body) {
    member_reader reader(body);
    const bool keeps = reader.optional_flag("keep_sessions").value_or(false);
    return reader.failed() ? result<bool>(reader.why()) : result<bool>(keeps);
}

std::string factor_kinds_json(const wanted_factor& wanted) {
    std::string out = "[";
    out += wanted.totp ? R"("totp")" : "";
    out += wanted.recovery_code ? (wanted.totp ? R"(,"recovery_code")" : R"("recovery_code")") : "";
    return out + "]";
}

std::string login_json_and_wipe(login_answer& answer) {
    std::string out = to_json_and_wipe(answer.tokens);
    if (!answer.device.empty()) {
        out.pop_back(); // the closing brace
        out += ",\"device\":";
        append_json_string(out, answer.device.reveal());
        out += '}';
    }
    return out;
}

std::string to_json(const told_factors& all) {
    std::string list = "[";
    for (const told_factor& f : all.factors) {
        list += list.size() > 1 ? "," : "";
        list += told(f);
    }
    std::string out;
    json_object_writer(out).raw("factors", list + "]").member("recovery_left", std::uint64_t{all.recovery_left}).end();
    return out;
}

std::string to_json(const user_factor& made) {
    return told({made, {}});
}

std::string to_json(const offered_totp& offered) {
    std::string out;
    json_object_writer(out)
        .member("capsule", offered.capsule.reveal())
        .member("secret", offered.secret.reveal())
        .member("uri", offered.uri.reveal())
        .end();
    return out;
}

std::string to_json(const new_recovery& made) {
    std::string list = "[";
    for (const secret_string& code : made.codes) {
        list += list.size() > 1 ? "," : "";
        append_json_string(list, code.reveal());
    }
    std::string out;
    json_object_writer(out).member("id", std::uint64_t{made.facts.number}).raw("codes", list + "]").end();
    return out;
}

} // namespace pawl::app

// POST /dev/totp: the codes of a user's TOTP, by the clock of this world, for tests.
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "core/capsule/capsule.hpp"
#include "core/factor/totp.hpp"
#include "core/text/json_text.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

struct totp_wish {
    std::optional<std::string> user; // a login name
    user_id number;
    std::uint32_t factor = 0; // 0: the first
};

result<totp_wish> read_totp_wish(const boost::json::object& body) {
    member_reader reader(body);
    totp_wish wish;
    const parameter_kind user = reader.kind_of("user");
    if (user == parameter_kind::string) {
        wish.user = reader.optional_text("user");
    } else if (user == parameter_kind::integer) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        wish.number = user_id{reader.optional_count("user", 1, most).value_or(0)};
    } else {
        reader.blame("user", "must be a login name or an id");
    }
    wish.factor = static_cast<std::uint32_t>(reader.optional_count("factor", 1, UINT32_MAX).value_or(0));
    reader.refuse_others();
    return reader.failed() ? result<totp_wish>(reader.why()) : result<totp_wish>(std::move(wish));
}

std::string codes_json(const user_factor& f, const secret_bytes& secret, timestamp now) {
    const std::uint64_t step = totp_step_at(now, f.period);
    const auto code = [&](std::uint64_t of) {
        return totp_code(secret, of, static_cast<totp_algorithm>(f.algorithm), f.digits);
    };
    std::string out;
    json_object_writer(out)
        .member("id", std::uint64_t{f.number})
        .member("code", code(step))
        .member("previous", code(step == 0 ? 0 : step - 1))
        .member("next", code(step + 1))
        .member("secret", base32_text(secret).reveal())
        .end();
    return out;
}

task<http_response> handle_dev_totp(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    const result<totp_wish> wish = read_totp_wish(*body);
    if (!wish) {
        co_return problem_response(wish.error());
    }
    const user_ptr owner = wish->user ? context.data.find_user_by_login(fold_login_name(*wish->user))
                                      : context.data.find_user(wish->number);
    if (!owner) {
        co_return problem_response(failure(errc::user_not_found));
    }
    const auto f = std::ranges::find_if(owner->factors, [&](const user_factor& one) {
        return one.kind == factor_kind::totp && (wish->factor == 0 || one.number == wish->factor);
    });
    const key_ring_ptr keys = context.keys();
    const auto secret = f == owner->factors.end() ? std::nullopt : totp_secret(*keys->capsules, owner->id, *f);
    if (!secret) {
        co_return problem_response(failure(errc::factor_not_found));
    }
    co_return json_answer(200, codes_json(*f, *secret, context.time.now()));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/totp", as_developer<handle_dev_totp>, "dev_totp",
     refuses(json_body, errc::user_not_found, errc::factor_not_found)},
};

} // namespace

constinit const row_list dev_totp_rows(rows);

} // namespace pawl::app

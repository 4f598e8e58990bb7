#include "app/mail/smtp_relay.hpp"

#include "app/process/secret_file.hpp"
#include "storage/exit_code.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <optional>
#include <utility>

namespace pawl::app {

namespace asio = boost::asio;

// One exchange under way.
struct smtp_relay::waiting {
    explicit waiting(const asio::any_io_executor& executor) : done(executor) {
        done.expires_at(asio::steady_timer::time_point::max());
    }
    asio::steady_timer done; // cancelled when it is
    std::optional<smtp_answer> answer;
};

// Open as long as the executor may be there: an answer may come after that.
struct smtp_relay::gate {
    std::mutex mutex;
    bool is_open = true; // guarded by mutex
};

smtp_relay::smtp_relay(asio::any_io_executor executor, egress& out, const mail_route& route, secret_string password)
    : executor_(std::move(executor)), out_(out), hello_(route.from.substr(route.from.rfind('@') + 1)),
      user_(route.relay.user), password_(std::move(password)), gate_(std::make_shared<gate>()) {}

smtp_relay::~smtp_relay() {
    const std::lock_guard lock(gate_->mutex);
    gate_->is_open = false;
}

task<relay_outcome> smtp_relay::send(const outgoing_mail& mail) {
    smtp_mail asked;
    asked.hello = hello_;
    asked.user = user_;
    asked.password = password_;
    asked.from = mail.from;
    asked.to = mail.to;
    asked.content = mail.message;
    const auto mine = std::make_shared<waiting>(executor_);
    const auto told = [mine = std::weak_ptr(mine), way = gate_, executor = executor_](smtp_answer answer) {
        const std::lock_guard lock(way->mutex);
        if (way->is_open) {
            asio::post(executor, [mine, answer = std::move(answer)]() mutable {
                if (const std::shared_ptr<waiting> still = mine.lock()) {
                    still->answer = std::move(answer);
                    still->done.cancel();
                }
            });
        }
    };
    if (!stopped_) {
        waiting_.insert(mine);
        out_.ask(asked, told);
        constexpr auto in_place = asio::as_tuple(asio::use_awaitable);
        while (!mine->answer && !stopped_) {
            static_cast<void>(co_await mine->done.async_wait(in_place));
        }
        waiting_.erase(mine);
    }
    relay_outcome out;
    out.text = "stopped";
    if (mine->answer) {
        out.result = mine->answer->result;
        out.text = std::move(mine->answer->text);
    }
    co_return out;
}

void smtp_relay::stop() {
    stopped_ = true;
    for (const std::shared_ptr<waiting>& one : waiting_) {
        one->done.cancel();
    }
}

secret_string smtp_password_of(const config& settings) {
    if (!settings.mail_out || settings.mail_out->password_file.empty()) {
        return {};
    }
    constexpr std::string_view option = "--smtp-password-file";
    const std::string& path = settings.mail_out->password_file;
    const secret_bytes text = read_secret_file(
        option, path, settings.allow_group_read ? storage::group_access::allowed : storage::group_access::refused);
    std::string_view line(reinterpret_cast<const char*>(text.data()), text.size());
    while (line.ends_with('\n') || line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (line.empty() || line.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
        throw storage::refused(storage::exit_code::usage, std::string(option) + " " + path + ": must hold one line");
    }
    return secret_string(line);
}

std::unique_ptr<mail_sender> make_mail_sender(const mail_route& route, secret_string password, mail_desk& desk,
                                              const clock& time, logger& log, egress& out) {
    return std::make_unique<mail_sender>(desk, time, log, [&](const asio::any_io_executor& executor) {
        return std::make_unique<smtp_relay>(executor, out, route, std::move(password));
    });
}

} // namespace pawl::app

#include "app/egress/smtp_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace pawl::app {

namespace asio = boost::asio;

namespace {

constexpr auto in_place = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_size = 4 * 1024;

// The bytes of a relay, reply by reply.
class relay_line {
public:
    explicit relay_line(egress_connection& over) : over_(over) {}

    // False: over.why() says why.
    asio::awaitable<bool> read() {
        for (;;) {
            std::string_view left = unread_;
            const smtp_reply_reader::state state = reader_.take(left);
            unread_.erase(0, unread_.size() - left.size());
            if (state == smtp_reply_reader::state::whole) {
                co_return true;
            }
            if (state == smtp_reply_reader::state::broken) {
                co_return over_.fail(std::string("what answers is no mail server"));
            }
            std::array<char, read_size> bytes{};
            const auto [failed, size] = co_await over_.async_read_some(asio::buffer(bytes), in_place);
            if (failed) {
                co_return over_.fail(failed);
            }
            unread_.append(bytes.data(), size);
        }
    }
    asio::awaitable<bool> say(const secret_bytes& words) {
        const auto [failed, size] = co_await asio::async_write(over_, asio::buffer(words), in_place);
        co_return !failed || over_.fail(failed);
    }
    const smtp_reply& reply() const { return reader_.reply(); }
    bool has_unread() const { return !unread_.empty(); }

private:
    egress_connection& over_;
    smtp_reply_reader reader_;
    std::string unread_;
};

// What stands before the handshake was said by who is on the way, and would count as said by the relay.
asio::awaitable<bool> begin_tls(egress_connection& over, const relay_line& line) {
    if (line.has_unread()) {
        co_return over.fail(std::string("bytes after the answer to STARTTLS"));
    }
    co_return co_await over.shake_hands();
}

asio::awaitable<bool> talk(egress_connection& over, smtp_dialog& dialog) {
    relay_line line(over);
    for (;;) {
        if (!co_await line.read()) {
            co_return false;
        }
        smtp_dialog::action next = dialog.hear(line.reply());
        if (next == smtp_dialog::action::use_tls) {
            if (!co_await begin_tls(over, line)) {
                co_return false;
            }
            next = dialog.secured();
        }
        const bool said = co_await line.say(dialog.words());
        if (next == smtp_dialog::action::end) {
            co_return true; // whether QUIT came through is of no interest
        }
        if (!said) {
            co_return false;
        }
    }
}

} // namespace

asio::awaitable<smtp_answer> exchange_smtp(asio::io_context& io, const egress_destination& to, smtp_mail mail) {
    egress_connection over(io, to, std::chrono::steady_clock::now() + egress_time_max);
    smtp_dialog dialog(mail, to.security);
    bool good = co_await over.connect();
    if (good && to.security == smtp_security::tls) {
        good = co_await over.shake_hands();
    }
    if (good) {
        good = co_await talk(over, dialog);
    }
    if (good) {
        co_return dialog.answer();
    }
    smtp_answer out;
    out.text = over.why();
    co_return out;
}

} // namespace pawl::app

// Mails to a relay on this machine that answers by a script, over a real socket.
#include "app/egress/smtp_exchange.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;
namespace asio = boost::asio;

namespace {

// Says the first line, then one for each that it hears (after DATA: for the end of the content), then closes.
class scripted_relay {
public:
    explicit scripted_relay(std::vector<std::string> script)
        : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof any;
        BOOST_TEST_REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&any), size) == 0);
        BOOST_TEST_REQUIRE(::listen(listener_, 1) == 0);
        BOOST_TEST_REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) == 0);
        port_ = std::to_string(ntohs(any.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    scripted_relay(const scripted_relay&) = delete;
    scripted_relay& operator=(const scripted_relay&) = delete;
    ~scripted_relay() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    const std::string& port() const { return port_; }
    // Once the other end has closed.
    std::string heard() {
        thread_.join();
        thread_ = std::thread([] {});
        return heard_;
    }

private:
    void serve() {
        const int client = ::accept(listener_, nullptr, nullptr);
        for (const std::string& line : script_) {
            [[maybe_unused]] const ssize_t said = ::send(client, line.data(), line.size(), MSG_NOSIGNAL);
            const std::string end = line.starts_with("354") ? "\r\n.\r\n" : "\r\n";
            const std::size_t from = heard_.size();
            char byte = 0;
            while (heard_.find(end, from) == std::string::npos && ::read(client, &byte, 1) == 1) {
                heard_ += byte;
            }
        }
        ::close(client);
    }

    const std::vector<std::string> script_;
    const int listener_;
    std::string port_, heard_;
    std::thread thread_;
};

smtp_mail usual() {
    smtp_mail out;
    out.hello = "pawl.example";
    out.from = "no-reply@pawl.example";
    out.to = "ada@example.com";
    out.content = "Subject: Hello\r\n\r\n.\r\nHello.\r\n";
    return out;
}

smtp_answer deliver(const std::string& port, smtp_security security) {
    asio::io_context io(1);
    egress_destination to;
    to.place = egress_place::relay;
    to.host = "127.0.0.1";
    to.port = port;
    to.security = security;
    smtp_answer out;
    asio::co_spawn(io, exchange_smtp(io, to, usual()), [&](const std::exception_ptr& why, smtp_answer answer) {
        BOOST_TEST(!why);
        out = std::move(answer);
    });
    io.run();
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(smtp_exchange_suite)

BOOST_AUTO_TEST_CASE(a_mail_goes_through_in_replies_of_any_cut) {
    scripted_relay relay({"220-welcome\r\n220 relay\r\n", "250-relay\r\n250 SIZE\r\n", "250 ok\r\n", "250 ok\r\n",
                          "354 go\r\n", "250 2.0.0 queued\r\n", "221 bye\r\n"});
    const smtp_answer answer = deliver(relay.port(), smtp_security::none);
    BOOST_TEST((answer.result == relay_result::sent), answer.text);
    BOOST_TEST(answer.text == "250 2.0.0 queued");
    BOOST_TEST(relay.heard() ==
               "EHLO pawl.example\r\nMAIL FROM:<no-reply@pawl.example>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n"
               "Subject: Hello\r\n\r\n..\r\nHello.\r\n.\r\nQUIT\r\n");
}

BOOST_AUTO_TEST_CASE(bytes_behind_the_answer_to_starttls_are_refused) {
    scripted_relay relay({"220 relay\r\n", "250-relay\r\n250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"});
    const smtp_answer answer = deliver(relay.port(), smtp_security::starttls);
    BOOST_TEST((answer.result == relay_result::relay_fault));
    BOOST_TEST(answer.text == "bytes after the answer to STARTTLS");
    BOOST_TEST(relay.heard() == "EHLO pawl.example\r\nSTARTTLS\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_no_mail_server_is_a_fault_of_the_relay) {
    for (const char* greeting : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "SSH-2.0-x\r\n"}) {
        scripted_relay relay({std::string(greeting)});
        const smtp_answer answer = deliver(relay.port(), smtp_security::none);
        BOOST_TEST((answer.result == relay_result::relay_fault), greeting);
        BOOST_TEST(answer.text == "what answers is no mail server");
        BOOST_TEST(relay.heard().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_relay_that_is_not_there_is_named_as_such) {
    std::string port;
    {
        scripted_relay gone({});
        port = gone.port();
    }
    const smtp_answer answer = deliver(port, smtp_security::none);
    BOOST_TEST((answer.result == relay_result::relay_fault));
    BOOST_TEST(answer.text == "Connection refused");
}

BOOST_AUTO_TEST_SUITE_END()

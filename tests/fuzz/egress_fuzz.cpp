// What the server and its egress worker say to each other, each taken for hostile. Input: packets, each after two bytes
// of its size. What comes out whole is read as every kind of message, and what is read is written the same.
#include "app/egress/message.hpp"
#include "app/egress/packet.hpp"
#include "app/egress/smtp_message.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

namespace {

using namespace pawl;
using namespace pawl::app;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void read_all(std::span<const std::uint8_t> message) {
    if (const std::optional<egress_request> request = egress_request_from(message)) {
        const std::optional<secret_bytes> written = to_message(*request);
        require(written && std::ranges::equal(*written, message));
        for (const auto& [name, value] : request->fields) {
            require((name + value).find_first_of("\r\n") == std::string::npos);
        }
        require((request->method + request->path + request->authority).find_first_of("\r\n ") == std::string::npos);
    }
    for (const std::size_t body_max : {std::size_t{0}, egress_body_size_max}) {
        if (const std::optional<egress_answer> answer = egress_answer_from(message, body_max)) {
            require(answer->body.size() <= body_max && answer->why.size() <= egress_why_size_max);
            require(std::ranges::equal(to_message(*answer), message));
        }
    }
    if (const std::optional<smtp_mail> mail = smtp_mail_from(message)) {
        const std::optional<secret_bytes> written = to_message(*mail);
        require(written && std::ranges::equal(*written, message) && is_sound(*mail));
    }
    if (const std::optional<smtp_answer> answer = smtp_answer_from(message)) {
        require(std::ranges::equal(to_message(*answer), message));
    }
    if (const std::optional<egress_hello> hello = egress_hello_from(message)) {
        require(std::ranges::equal(to_message(*hello), message));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::uint8_t> left(data, size);
    read_all(left);
    message_assembler assembler;
    while (left.size() >= 2) {
        const std::size_t packet_size = std::min<std::size_t>(std::size_t{left[0]} << 8U | left[1], left.size() - 2);
        const message_assembler::state state = assembler.take(left.subspan(2, packet_size));
        left = left.subspan(2 + packet_size);
        require(assembler.message().bytes.size() <= egress_message_size_max);
        if (state == message_assembler::state::broken) {
            require(assembler.take(cut_message(1, {})[0]) == message_assembler::state::broken);
            return 0;
        }
        if (state == message_assembler::state::whole) {
            read_all(assembler.message().bytes);
        }
    }
    return 0;
}

// Messages between the server and its egress worker, cut into packets of a SOCK_SEQPACKET pair. A packet is the
// message's id (8 bytes), its whole size (4), where in it this packet's bytes stand (4), and those bytes; numbers are
// big-endian. The packets of one message come in order, and no other packet between them. Either end takes the other
// for hostile: what breaks a rule ends the connection. Pure.
#pragma once

#include "app/egress/limits.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t egress_packet_head_size = 16;

// `message` is at most egress_message_size_max.
std::vector<secret_bytes> cut_message(std::uint64_t id, std::span<const std::uint8_t> message);

struct egress_message {
    std::uint64_t id = 0;
    secret_bytes bytes;
};

class message_assembler {
public:
    enum class state : std::uint8_t {
        more,   // the message goes on
        whole,  // it is message() until the next packet
        broken, // a rule was broken, now or before
    };

    // Takes the next packet.
    state take(std::span<const std::uint8_t> packet);
    egress_message& message() { return message_; }

private:
    bool fits(std::uint64_t id, std::size_t size, std::size_t offset, std::size_t count) const;

    egress_message message_;
    std::size_t size_ = 0; // of the whole message
    state state_ = state::whole;
};

} // namespace pawl::app

#include "app/egress/packet.hpp"

#include "core/capsule/body.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t payload_max = egress_packet_size_max - egress_packet_head_size;

} // namespace

std::vector<secret_bytes> cut_message(std::uint64_t id, std::span<const std::uint8_t> message) {
    std::vector<secret_bytes> out;
    std::size_t offset = 0;
    do {
        const std::span<const std::uint8_t> part =
            message.subspan(offset).first(std::min(payload_max, message.size() - offset));
        body_writer packet;
        packet.number(id, 8);
        packet.number(message.size(), 4);
        packet.number(offset, 4);
        packet.bytes(part);
        out.push_back(packet.body());
        offset += part.size();
    } while (offset < message.size());
    return out;
}

// Only the one packet of an empty message is without bytes.
bool message_assembler::fits(std::uint64_t id, std::size_t size, std::size_t offset, std::size_t count) const {
    const bool begins = state_ == state::whole;
    const bool in_order = begins ? offset == 0 : offset == message_.bytes.size() && id == message_.id && size == size_;
    return in_order && size <= egress_message_size_max && count <= size - offset && (count > 0 || size == 0);
}

message_assembler::state message_assembler::take(std::span<const std::uint8_t> packet) {
    if (state_ == state::broken || packet.size() < egress_packet_head_size || packet.size() > egress_packet_size_max) {
        return state_ = state::broken;
    }
    body_reader head(packet.first(egress_packet_head_size));
    const std::uint64_t id = head.number(8);
    const std::size_t size = head.number(4);
    const std::size_t offset = head.number(4);
    const std::span<const std::uint8_t> bytes = packet.subspan(egress_packet_head_size);
    if (!fits(id, size, offset, bytes.size())) {
        return state_ = state::broken;
    }
    if (offset == 0) {
        message_ = {id, {}};
        size_ = size;
    }
    message_.bytes.insert(message_.bytes.end(), bytes.begin(), bytes.end());
    return state_ = message_.bytes.size() == size_ ? state::whole : state::more;
}

} // namespace pawl::app

#include "storage/history/bond_reader.hpp"

#include "storage/entity/all.hpp"

#include <cstring>

namespace pawl::storage {

bool bond_reader::met_all() const {
    return (of_.client < first_registered_client || client_) && (!has_parent() || parent_);
}

bool bond_reader::is_of_parent(const record_view& record) const {
    const auto& id = of_.origin.parent.bytes;
    return has_parent() && record.body.size() >= id.size() &&
           std::memcmp(record.body.data(), id.data(), id.size()) == 0;
}

void bond_reader::take(const record_view& record) {
    if (record.type == type_of<client> && of_.client >= first_registered_client) {
        client c;
        if (decode(record, c) == decoding::ok && c.number == of_.client && (!client_ || c.version > client_->version)) {
            client_ = std::move(c);
        }
        return;
    }
    if (record.type == type_of<family_created_record> && is_of_parent(record)) {
        family_created_record r;
        if (decode(record, r) == decoding::ok) {
            parent_ = r.facts;
            merge_parent(r.word, r.ended_after, record);
        }
    } else if (record.type == type_of<family_word_record> && is_of_parent(record)) {
        family_word_record r;
        if (decode(record, r) == decoding::ok) {
            merge_parent(r.word, r.ended_after, record);
        }
    }
}

void bond_reader::merge_parent(family_word word, std::uint32_t ended_after, const record_view& record) {
    if (!word.live() && parent_word_.live()) {
        parent_ended_after_ = ended_after;
        parent_end_recorded_ = to_seconds(record.time);
    }
    parent_word_ = merge(parent_word_, word);
}

family_bonds bond_reader::bonds(const user_gate& gate) const {
    family_bonds out;
    if (of_.client >= first_registered_client) {
        out.client_admits = client_ && client_->admits(of_.grant.client_epoch);
    }
    if (!has_parent()) {
        return out;
    }
    out.parent_may_live =
        parent_ && parent_->user == of_.user && parent_word_.live() && gate.admits(parent_->id, parent_->epoch);
    if (parent_) {
        out.parent_word = parent_word_;
        out.parent_expires_at = parent_->idle_expires_at(parent_word_);
    }
    return out;
}

std::optional<timestamp> bond_reader::parent_ended_at() const {
    if (!parent_ || parent_word_.live()) {
        return std::nullopt;
    }
    return parent_ended_after_ == 0 ? parent_end_recorded_ : parent_->created_at + seconds(parent_ended_after_);
}

void bond_reader::tell(timeline& out) const {
    out.bonds = bonds(out.gate);
    out.of_client = client_;
    out.parent_ended_at = parent_ended_at();
}

} // namespace pawl::storage

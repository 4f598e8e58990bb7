#include "tools/import/csv.hpp"

#include <string_view>
#include <utility>

namespace pawl::tools {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

} // namespace

csv_reader::step csv_reader::fail(const char* why) {
    state_ = state::failed;
    why_ = why;
    return step::failed;
}

csv_reader::step csv_reader::end_field() {
    if (fields_.size() == csv_columns_max) {
        return fail("the row has more columns than are allowed");
    }
    fields_.push_back(std::move(field_));
    field_.clear();
    return step::more;
}

csv_reader::step csv_reader::end_row() {
    if (end_field() == step::failed) {
        return step::failed;
    }
    row_done_ = true;
    state_ = state::row_start;
    return step::row;
}

csv_reader::step csv_reader::add(char byte) {
    if (++size_ > csv_row_size_max) {
        return fail("the row is longer than is allowed");
    }
    field_.push_back(byte);
    return step::more;
}

csv_reader::step csv_reader::put(char byte) {
    if (state_ == state::failed) {
        return step::failed;
    }
    if (row_done_) {
        fields_.clear();
        size_ = 0;
        row_done_ = false;
        line_ = lines_seen_;
    }
    if (bytes_ == mark_ && mark_ < byte_order_mark.size() && byte == byte_order_mark[mark_]) {
        ++bytes_;
        ++mark_;
        return step::more;
    }
    if (mark_ != 0 && mark_ < byte_order_mark.size() && bytes_ == mark_) {
        return fail("the text begins with half a byte order mark");
    }
    ++bytes_;
    if (byte == '\0') {
        return fail("the row has a zero byte");
    }
    lines_seen_ += byte == '\n' ? 1 : 0;
    return take(byte);
}

// The next byte of a row, by where in it the reader stands.
csv_reader::step csv_reader::take(char byte) {
    switch (state_) {
    case state::row_start:
    case state::field_start:
        if (byte == '"') {
            state_ = state::quoted;
            return step::more;
        }
        state_ = state::plain;
        [[fallthrough]];
    case state::plain:
        if (byte == ',') {
            state_ = state::field_start;
            return end_field();
        }
        if (byte == '\n') {
            return end_row();
        }
        if (byte == '\r') {
            state_ = state::carriage_return;
            return step::more;
        }
        return byte == '"' ? fail("a quote stands in a field that does not begin with one") : add(byte);
    case state::quoted:
        if (byte == '"') {
            state_ = state::quote_in_quoted;
            return step::more;
        }
        return add(byte);
    case state::quote_in_quoted:
        if (byte == '"') {
            state_ = state::quoted;
            return add(byte);
        }
        if (byte == ',') {
            state_ = state::field_start;
            return end_field();
        }
        if (byte == '\n') {
            return end_row();
        }
        if (byte == '\r') {
            state_ = state::carriage_return;
            return step::more;
        }
        return fail("something follows a closing quote");
    case state::carriage_return:
        return byte == '\n' ? end_row() : fail("a carriage return without a line feed");
    case state::failed:
        break;
    }
    return step::failed;
}

csv_reader::step csv_reader::finish() {
    if (row_done_) {
        fields_.clear();
        row_done_ = false;
    }
    switch (state_) {
    case state::row_start:
        return step::more; // nothing is left
    case state::field_start:
    case state::plain:
    case state::quote_in_quoted:
        return end_row();
    case state::carriage_return:
        return fail("a carriage return without a line feed");
    case state::quoted:
        return fail("a quote is not closed");
    case state::failed:
        break;
    }
    return step::failed;
}

} // namespace pawl::tools

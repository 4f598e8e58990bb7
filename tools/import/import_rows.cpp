#include "tools/import/import_rows.hpp"

#include "tools/import/csv.hpp"
#include "tools/import/foreign_table.hpp"
#include "tools/lines.hpp"
#include "tools/program.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace pawl::tools {

namespace {

namespace json = boost::json;

constexpr int exit_usage = static_cast<int>(storage::exit_code::usage);

class export_rows final : public import_rows {
public:
    explicit export_rows(const std::string& file) : lines_(file) {
        std::string line;
        const bool has_line = lines_.next(line, app::import_line_size_max);
        const app::import_record head = app::read_import_line(line);
        if (!has_line || !std::holds_alternative<app::export_head>(head)) {
            const auto* const refusal = std::get_if<app::import_refusal>(&head);
            throw tool_error(exit_refused, "line 1: no export of pawlctl begins so" +
                                               (refusal != nullptr ? ": " + refusal->why : std::string()));
        }
        head_.next_user_id = std::get<app::export_head>(head).next_user_id;
        head_.line = std::move(line);
    }

    std::optional<head_line> head() const override { return head_; }

    bool next(import_row& out) override {
        std::string line;
        while (lines_.next(line, app::import_line_size_max)) {
            if (ended_) {
                throw tool_error(exit_refused, at(lines_.number()) + "something follows the last line of the export");
            }
            app::import_record record = app::read_import_line(line);
            out = {};
            out.number = lines_.number();
            if (const auto* const end = std::get_if<app::import_end>(&record)) {
                ended_ = true;
                if (end->others != others_) {
                    throw tool_error(exit_refused,
                                     at(out.number) +
                                         "the export had another number of clients, APIs, "
                                         "scopes, revoked tokens, consents or factor words than this file");
                }
                if (end->users != users_ || end->families != families_) {
                    throw tool_error(exit_refused, at(out.number) + "the export had " + std::to_string(end->users) +
                                                       " users and " + std::to_string(end->families) +
                                                       " sessions; this file has others");
                }
                continue;
            }
            fill(std::move(record), std::move(line), out);
            return true;
        }
        if (!ended_) {
            throw tool_error(exit_refused, "the file is cut short: the last line of an export is missing");
        }
        return false;
    }

private:
    static std::string at(std::uint64_t line) { return "line " + std::to_string(line) + ": "; }

    void fill(app::import_record record, std::string line, import_row& out) {
        if (auto* const u = std::get_if<user>(&record)) {
            ++users_;
            out.record = std::move(*u);
        } else if (auto* const f = std::get_if<storage::family_image>(&record)) {
            ++families_;
            out.record = std::move(*f);
        } else if (fill_entity<client>(record, out) || fill_entity<api>(record, out) ||
                   fill_entity<scope>(record, out) || fill_entity<revoked_token>(record, out) ||
                   fill_entity<consent>(record, out) || fill_entity<factor_state>(record, out)) {
            // and counted
        } else if (const auto* const refusal = std::get_if<app::import_refusal>(&record)) {
            users_ += line.starts_with("{\"user\"") ? 1U : 0U; // it counts as what it says it is
            families_ += line.starts_with("{\"family\"") ? 1U : 0U;
            app::for_each_counted([&](const std::string& name) {
                if (line.starts_with("{\"" + name.substr(0, name.size() - 1) + "\"")) {
                    ++others_[name];
                }
            });
            out.why = refusal->why;
        } else {
            out.why = "a second first line";
        }
        out.line = std::move(line);
    }

    template <class Record>
    bool fill_entity(app::import_record& record, import_row& out) {
        auto* const r = std::get_if<Record>(&record);
        if (r != nullptr) {
            ++others_[app::counted_name<Record>()];
            out.record = std::move(*r);
        }
        return r != nullptr;
    }

    line_source lines_;
    head_line head_;
    std::uint64_t users_ = 0, families_ = 0;
    app::entity_counts others_;
    bool ended_ = false;
};

// Rows of named text fields.
class foreign_rows : public import_rows {
public:
    explicit foreign_rows(column_map map) : map_(std::move(map)) {}

    std::map<std::string, std::uint64_t> unknown_hashes() const override { return unknown_; }

protected:
    void fill(const foreign_row& row, std::uint64_t number, import_row& out) {
        out = {};
        out.number = number;
        user u = read_foreign_user(row, map_, out.why);
        if (const std::string kind = unknown_hash_kind(u.password_hash); !kind.empty()) {
            ++unknown_[kind];
        }
        out.line = app::export_line(u);
        out.record = std::move(u);
    }
    void require(const std::set<std::string>& columns) const {
        const auto email = map_.find("email");
        if (email == map_.end() || !columns.contains(email->second)) {
            throw tool_error(exit_usage, "no column is mapped to email: say --preset, or --map email=COLUMN");
        }
    }

private:
    column_map map_;
    std::map<std::string, std::uint64_t> unknown_;
};

class csv_rows final : public foreign_rows {
public:
    csv_rows(const std::string& file, column_map map) : foreign_rows(std::move(map)), bytes_(file) {
        if (!read_row()) {
            throw tool_error(exit_refused, "the file is empty");
        }
        columns_ = reader_.row();
        const std::set<std::string> unique(columns_.begin(), columns_.end());
        if (unique.size() != columns_.size()) {
            throw tool_error(exit_refused, "line 1: a column is named twice");
        }
        require(unique);
    }

    bool next(import_row& out) override {
        if (!read_row()) {
            return false;
        }
        const std::vector<std::string>& fields = reader_.row();
        if (fields.size() != columns_.size()) {
            throw tool_error(exit_refused, "line " + std::to_string(reader_.line()) + ": has " +
                                               std::to_string(fields.size()) + " fields, not " +
                                               std::to_string(columns_.size()));
        }
        foreign_row row;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            row[columns_[i]] = fields[i];
        }
        fill(row, reader_.line(), out);
        return true;
    }

private:
    bool read_row() {
        using step = csv_reader::step;
        step s = step::more;
        while (s == step::more) {
            const int c = bytes_.next_byte();
            if (c == EOF) {
                s = reader_.finish();
                if (s == step::more) {
                    return false;
                }
                break;
            }
            s = reader_.put(static_cast<char>(c));
        }
        if (s == step::failed) {
            throw tool_error(exit_refused, "line " + std::to_string(reader_.line()) + ": " + reader_.why());
        }
        return true;
    }

    line_source bytes_;
    csv_reader reader_;
    std::vector<std::string> columns_;
};

std::string field_text(const json::value& v) {
    if (v.is_string()) {
        return std::string(v.get_string());
    }
    if (v.is_null()) {
        return {};
    }
    if (v.is_array()) {
        std::string joined;
        for (const json::value& one : v.get_array()) {
            joined += (joined.empty() ? "" : ";") + field_text(one);
        }
        return joined;
    }
    return json::serialize(v);
}

// An array of objects; those of Django's dumpdata have their members in "fields", and only auth users count.
class json_rows final : public foreign_rows {
public:
    json_rows(const std::string& file, column_map map) : foreign_rows(std::move(map)) {
        line_source bytes(file);
        std::string text;
        for (int c = bytes.next_byte(); c != EOF; c = bytes.next_byte()) {
            if (text.size() == foreign_json_size_max) {
                throw tool_error(exit_refused, "the file is longer than 256 MiB: use csv");
            }
            text.push_back(static_cast<char>(c));
        }
        boost::system::error_code ec;
        json::value parsed = json::parse(text, ec);
        if (ec || !parsed.is_array()) {
            throw tool_error(exit_refused, "the file is no JSON array of objects");
        }
        rows_ = std::move(parsed.get_array());
    }

    bool next(import_row& out) override {
        while (at_ < rows_.size()) {
            const json::object* o = rows_[at_++].if_object();
            if (o == nullptr) {
                out = {};
                out.number = at_;
                out.why = "is no object";
                return true;
            }
            foreign_row row;
            if (const json::value* const model = o->if_contains("model")) {
                const json::value* const fields = o->if_contains("fields");
                if (fields == nullptr || !fields->is_object() || !fields->get_object().contains("password")) {
                    continue;
                }
                row["pk"] = o->contains("pk") ? field_text(o->at("pk")) : std::string();
                row["model"] = field_text(*model);
                o = fields->if_object();
            }
            for (const auto& member : *o) {
                row[std::string(member.key())] = field_text(member.value());
            }
            fill(row, at_, out);
            return true;
        }
        return false;
    }

private:
    json::array rows_;
    std::size_t at_ = 0;
};

} // namespace

std::unique_ptr<import_rows> open_import_rows(const import_source& source) {
    if (source.format == "pawl") {
        if (!source.preset.empty() || !source.map.empty()) {
            throw tool_error(exit_usage, "--preset and --map are for --from csv and --from json");
        }
        return std::make_unique<export_rows>(source.file);
    }
    column_map map;
    if (!source.preset.empty()) {
        map = column_preset(source.preset).value_or(column_map());
    }
    if (const std::string why = add_columns(map, source.map); !why.empty()) {
        throw tool_error(exit_usage, "--map: " + why);
    }
    if (!map.contains("email")) {
        throw tool_error(exit_usage, "no column is mapped to email: say --preset, or --map email=COLUMN");
    }
    if (source.format == "csv") {
        return std::make_unique<csv_rows>(source.file, std::move(map));
    }
    return std::make_unique<json_rows>(source.file, std::move(map));
}

} // namespace pawl::tools

#include "tools/import/import_sink.hpp"

#include "app/instance/startup.hpp"
#include "app/transfer/import_apply.hpp"
#include "storage/backup/store_filler.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/system_random.hpp"
#include "tools/client/admin_client.hpp"
#include "tools/json_view.hpp"
#include "tools/owner.hpp"
#include "tools/settings.hpp"

#include <boost/json/parse.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

namespace pawl::tools {

namespace {

constexpr milliseconds stop_max{60'000};
constexpr int exit_storage = static_cast<int>(storage::exit_code::storage_failed);

class server_sink final : public import_sink {
public:
    explicit server_sink(const global_options& global) : server_(connect_admin(global)) {}

    void begin(const import_rows::head_line& head) override { post(head.line); }
    import_answer put(const import_row& row) override {
        const admin_answer answered = post(row.line);
        boost::system::error_code ec;
        const boost::json::value v = boost::json::parse(answered.body, ec);
        if (ec || !v.is_object()) {
            throw tool_error(exit_unreachable, server_->place() + " does not answer as pawld does");
        }
        return {text_of(v, "outcome"), text_of(v, "subject"), text_of(v, "why")};
    }
    void finish() override {} // each answer came after its sync
    std::string place() const override { return server_->place(); }

private:
    admin_answer post(const std::string& line) {
        admin_answer answered = server_->call(app::http_method::post, "/admin/import", line);
        if (answered.status != 200) {
            boost::system::error_code ec; // importing a line twice does no harm, and this throws what the server said
            ask(*server_, app::http_method::post, "/admin/import", boost::json::parse(line, ec));
        }
        return answered;
    }

    std::unique_ptr<admin_client> server_;
};

class directory_sink final : public import_sink {
public:
    explicit directory_sink(const global_options& global)
        : json_(global.json), settings_(load_settings(global)),
          log_(global.quiet ? app::log_level::error : app::log_level::warn, app::log_format::text) {
        ::umask(077);
        become_owner_of(settings_.data_dir);
        app::make_data_directory(settings_.data_dir);
        const storage::opened_key_file key_file =
            storage::open_key_file(app::key_file_options_of(settings_), random_, time_.now());
        keys_ = key_file.ring;
        const storage::made_key_file made(settings_.key_file, key_file.created, settings_.data_dir);
        storage::embedded_store_options options = app::store_options_of(settings_, *keys_);
        options.directory.log_retention_bytes = UINT64_MAX;
        options.directory.log_retention_age = storage::retention_forever;
        options.on_recovered = [this](const storage::recovery_report& found) {
            app::continue_time(found, settings_, time_, log_);
        };
        options.on_fatal = [this](const std::string& why) {
            print_error(json_, exit_storage, "storage failed: " + why + "; what was acknowledged is on disk");
            ::_exit(exit_storage);
        };
        data_ = storage::embedded_store::open(std::move(options), time_);
        filler_.emplace(*data_);
    }
    ~directory_sink() override { data_->stop(stop_max); }

    void begin(const import_rows::head_line& head) override {
        if (!data_->raise_next_user_id(head.next_user_id)) {
            throw tool_error(exit_storage, settings_.data_dir + ": the export's next_user_id could not be kept");
        }
    }
    import_answer put(const import_row& row) override {
        const auto deadline = std::chrono::steady_clock::now() + storage::store_filler::wait_max;
        for (;;) {
            const auto apply = [this](const auto& record) { return add(record); };
            const result<app::import_result> done = std::visit(apply, row.record);
            if (done) {
                filler_->expect(done->wait_for);
                return {app::name_of(done->outcome), done->subject, app::reason_of(done->outcome)};
            }
            if (done.error().code != errc::storage_unavailable) {
                return {app::name_of(import_outcome::refused), {}, app::reason_of(import_outcome::refused)};
            }
            if (std::chrono::steady_clock::now() > deadline) {
                const char* const why = data_->why_not_ready();
                throw tool_error(exit_storage, settings_.data_dir + ": " + (why != nullptr ? why : "the log is stuck"));
            }
            std::this_thread::sleep_for(milliseconds(1)); // the log's queue is full
        }
    }
    void finish() override {
        filler_->wait();
        if (!data_->stop(stop_max)) {
            throw tool_error(exit_storage, settings_.data_dir + ": the log's writer did not end in time");
        }
    }
    std::string place() const override { return settings_.data_dir; }

private:
    result<app::import_result> add(const user& u) { return app::apply_import(*data_, u, time_.now()); }
    result<app::import_result> add(const storage::family_image& f) { return app::apply_import(*data_, f, time_.now()); }
    template <storage::plain_entity Record>
    result<app::import_result> add(const Record& r) {
        return app::apply_import(*data_, r);
    }

    bool json_;
    app::config settings_;
    app::logger log_;
    app::service_clock time_;
    storage::system_random random_;
    key_ring_ptr keys_;
    std::unique_ptr<storage::embedded_store> data_;
    std::optional<storage::store_filler> filler_;
};

} // namespace

std::unique_ptr<import_sink> open_import_sink(const global_options& global) {
    if (!global.url.empty() || storage::is_in_use(load_settings(global).data_dir)) {
        return std::make_unique<server_sink>(global);
    }
    return std::make_unique<directory_sink>(global);
}

} // namespace pawl::tools

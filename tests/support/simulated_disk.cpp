#include "tests/support/simulated_disk.hpp"

#include <algorithm>
#include <set>

namespace pawl::test {
namespace {

using storage::bytes_view;

std::error_code error_of(std::errc e) {
    return std::make_error_code(e);
}

} // namespace

void simulated_disk::inode::touch(std::uint64_t offset, std::size_t size) {
    dirty.resize((cached.size() + sector - 1) / sector);
    for (std::uint64_t s = offset / sector; s * sector < offset + size; ++s) {
        dirty[s] = true;
    }
}

void simulated_disk::inode::persist(std::size_t s) {
    const std::size_t from = s * sector, to = std::min(cached.size(), from + sector);
    if (durable.size() < to) {
        durable.resize(to);
    }
    std::copy(cached.begin() + static_cast<std::ptrdiff_t>(from), cached.begin() + static_cast<std::ptrdiff_t>(to),
              durable.begin() + static_cast<std::ptrdiff_t>(from));
}

void simulated_disk::inode::sync() {
    durable.resize(cached.size());
    for (std::size_t s = 0; s < dirty.size(); ++s) {
        if (dirty[s]) {
            persist(s);
        }
    }
    std::fill(dirty.begin(), dirty.end(), false);
}

void simulated_disk::apply(directory& d, const change& c) {
    switch (c.what) {
    case change::kind::create:
        d[c.name] = c.node;
        break;
    case change::kind::rename:
        if (d.contains(c.name)) {
            d[c.to] = d[c.name];
            d.erase(c.name);
        }
        break;
    case change::kind::remove:
        d.erase(c.name);
        break;
    }
}

class simulated_file final : public storage::file {
public:
    simulated_file(std::shared_ptr<simulated_disk> disk, std::shared_ptr<simulated_disk::inode> node, std::string name,
                   bool direct, std::uint64_t epoch)
        : disk_(std::move(disk)), node_(std::move(node)), name_(std::move(name)), direct_(direct), epoch_(epoch) {}

    std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) override {
        const simulated_disk::fault f = disk_->ask(disk_operation::read, name_);
        const std::lock_guard lock(disk_->mutex_);
        if (!alive(f, ec)) {
            return 0;
        }
        const std::size_t size = direct_ ? std::max(node_->durable.size(), node_->cached.size()) : node_->cached.size();
        const std::size_t n = offset >= size ? 0 : std::min<std::size_t>(out.size(), size - offset);
        for (std::size_t done = 0; done < n;) {
            const std::size_t at = offset + done, s = at / simulated_disk::sector;
            const std::size_t part = direct_ ? std::min(n - done, ((s + 1) * simulated_disk::sector) - at) : n;
            // Past the page cache, as the kernel does it: what is dirty goes to the device first, then the device is
            // read. But that is no sync: the device may still forget it.
            const bool from_cache = !direct_ || (s < node_->dirty.size() && node_->dirty[s]);
            copy_part(from_cache ? node_->cached : node_->durable, at, out.subspan(done, part));
            done += part;
        }
        return n;
    }
    std::size_t write_some(std::uint64_t offset, bytes_view bytes, std::error_code& ec) override {
        const simulated_disk::fault f = disk_->ask(disk_operation::write, name_);
        const std::lock_guard lock(disk_->mutex_);
        if (disk_->epoch_ != epoch_) {
            ec = error_of(std::errc::io_error);
            return 0;
        }
        if (direct_ && !is_whole_sectors(offset, bytes)) {
            ec = error_of(std::errc::invalid_argument);
            return 0;
        }
        std::size_t n = std::min(bytes.size(), f.error && f.written == SIZE_MAX ? 0 : f.written);
        node_->direct_writes += direct_ ? 1 : 0;
        const std::size_t grows = offset + n > node_->cached.size() ? offset + n - node_->cached.size() : 0;
        std::error_code full;
        if (const std::size_t used = disk_->used(); grows > 0 && used + grows > disk_->capacity_) {
            const std::size_t left = disk_->capacity_ > used ? disk_->capacity_ - used : 0;
            n -= std::min(n, grows - left);
            full = error_of(std::errc::no_space_on_device);
        }
        n -= direct_ ? n % simulated_disk::sector : 0;
        full = n == 0 ? full : std::error_code{};
        if (n > 0) {
            if (offset + n > node_->cached.size()) {
                node_->cached.resize(offset + n);
            }
            std::copy_n(bytes.begin(), n, node_->cached.begin() + static_cast<std::ptrdiff_t>(offset));
            node_->touch(offset, n);
        }
        if (f.cut_power) {
            disk_->lose_power();
        }
        ec = f.error ? f.error : full;
        return ec ? 0 : n;
    }
    std::error_code sync_data() override { return sync(); }
    std::error_code sync_all() override { return sync(); }
    std::error_code resize(std::uint64_t size) override {
        std::error_code ec;
        const simulated_disk::fault f = disk_->ask(disk_operation::resize, name_);
        const std::lock_guard lock(disk_->mutex_);
        if (alive(f, ec)) {
            const std::size_t before = node_->cached.size();
            node_->cached.resize(size);
            node_->dirty.resize((size + simulated_disk::sector - 1) / simulated_disk::sector);
            if (size > before) {
                node_->touch(before, size - before);
            }
        }
        return ec;
    }
    std::uint64_t size(std::error_code& ec) override {
        const std::lock_guard lock(disk_->mutex_);
        ec = disk_->epoch_ == epoch_ ? std::error_code{} : error_of(std::errc::io_error);
        return node_->cached.size();
    }

private:
    // What O_DIRECT takes.
    static bool is_whole_sectors(std::uint64_t offset, bytes_view bytes) {
        return (offset | bytes.size() | reinterpret_cast<std::uintptr_t>(bytes.data())) % simulated_disk::sector == 0;
    }
    // Beyond the end there are zeros.
    static void copy_part(const std::vector<std::uint8_t>& from, std::size_t at, std::span<std::uint8_t> to) {
        const std::size_t there = at >= from.size() ? 0 : std::min(to.size(), from.size() - at);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(std::min(at, from.size())), there, to.begin());
        std::fill(to.begin() + static_cast<std::ptrdiff_t>(there), to.end(), std::uint8_t{0});
    }
    // With the lock held: throws where the power goes.
    bool alive(const simulated_disk::fault& f, std::error_code& ec) const {
        ec = disk_->epoch_ != epoch_ ? error_of(std::errc::io_error) : f.error;
        if (!ec && f.cut_power) {
            disk_->lose_power();
        }
        return !ec;
    }
    std::error_code sync() {
        std::error_code ec;
        const simulated_disk::fault f = disk_->ask(disk_operation::sync, name_);
        const std::lock_guard lock(disk_->mutex_);
        ++node_->syncs;
        if (alive(f, ec)) {
            node_->sync();
        } else if (disk_->epoch_ == epoch_) {
            // What Linux does: the pages are marked clean, keep what the disk has not, and the next sync says nothing.
            std::fill(node_->dirty.begin(), node_->dirty.end(), false);
        }
        return ec;
    }

    std::shared_ptr<simulated_disk> disk_;
    std::shared_ptr<simulated_disk::inode> node_;
    std::string name_;
    bool direct_;
    std::uint64_t epoch_;
};

bool is_direct(storage::open_mode mode) {
    using storage::open_mode;
    return mode == open_mode::read_direct || mode == open_mode::write_direct || mode == open_mode::create_direct;
}

class simulated_directory final : public storage::file_system {
public:
    simulated_directory(std::shared_ptr<simulated_disk> disk, std::uint64_t epoch)
        : disk_(std::move(disk)), epoch_(epoch) {}
    ~simulated_directory() override {
        const std::lock_guard lock(disk_->mutex_);
        if (locked_ && disk_->epoch_ == epoch_) {
            disk_->holder_.reset();
        }
    }

    std::unique_ptr<storage::file> open(const std::string& name, storage::open_mode mode,
                                        std::error_code& ec) override {
        const bool creates = storage::creates(mode);
        const simulated_disk::fault f = disk_->ask(creates ? disk_operation::create : disk_operation::open, name);
        const std::lock_guard lock(disk_->mutex_);
        if (!alive(f, ec)) {
            return nullptr;
        }
        if (creates) {
            const auto node = std::make_shared<simulated_disk::inode>();
            change({simulated_disk::change::kind::create, name, {}, node});
        } else if (!disk_->current_.contains(name)) {
            ec = error_of(std::errc::no_such_file_or_directory);
            return nullptr;
        }
        return std::make_unique<simulated_file>(disk_, disk_->current_[name], name, is_direct(mode), epoch_);
    }
    std::error_code rename(const std::string& from, const std::string& to) override {
        return changing(disk_operation::rename, from, {simulated_disk::change::kind::rename, from, to, nullptr});
    }
    std::error_code remove(const std::string& name) override {
        return changing(disk_operation::remove, name, {simulated_disk::change::kind::remove, name, {}, nullptr});
    }
    std::error_code sync_directory() override {
        std::error_code ec;
        const simulated_disk::fault f = disk_->ask(disk_operation::sync_directory, ".");
        const std::lock_guard lock(disk_->mutex_);
        if (alive(f, ec)) {
            disk_->durable_ = disk_->current_;
            disk_->pending_.clear();
        }
        return ec;
    }
    std::vector<std::string> list(std::error_code& ec) override {
        const simulated_disk::fault f = disk_->ask(disk_operation::list, ".");
        const std::lock_guard lock(disk_->mutex_);
        std::vector<std::string> out;
        if (alive(f, ec)) {
            for (const auto& [name, node] : disk_->current_) {
                out.push_back(name);
            }
        }
        return out;
    }
    std::error_code lock(const std::string&, long& holder_pid) override {
        const std::lock_guard lock(disk_->mutex_);
        holder_pid = 4711;
        if (!disk_->holder_.expired()) {
            return error_of(std::errc::resource_unavailable_try_again);
        }
        disk_->holder_ = self;
        locked_ = true;
        return {};
    }
    bool is_locked(const std::string&) override {
        const std::lock_guard lock(disk_->mutex_);
        return !disk_->holder_.expired();
    }
    std::string path() const override { return "/simulated"; }

    std::weak_ptr<simulated_directory> self;

private:
    bool alive(const simulated_disk::fault& f, std::error_code& ec) const {
        ec = disk_->epoch_ != epoch_ ? error_of(std::errc::io_error) : f.error;
        if (!ec && f.cut_power) {
            disk_->lose_power();
        }
        return !ec;
    }
    void change(const simulated_disk::change& c) {
        simulated_disk::apply(disk_->current_, c);
        disk_->pending_.push_back(c);
    }
    std::error_code changing(disk_operation op, const std::string& name, const simulated_disk::change& c) {
        std::error_code ec;
        const simulated_disk::fault f = disk_->ask(op, name);
        const std::lock_guard lock(disk_->mutex_);
        if (alive(f, ec)) {
            if (!disk_->current_.contains(name)) {
                return error_of(std::errc::no_such_file_or_directory);
            }
            change(c);
        }
        return ec;
    }

    std::shared_ptr<simulated_disk> disk_;
    std::uint64_t epoch_;
    bool locked_ = false;
};

std::shared_ptr<storage::file_system> simulated_disk::mount() {
    const std::lock_guard lock(mutex_);
    const auto view = std::make_shared<simulated_directory>(shared_from_this(), epoch_);
    view->self = view;
    return view;
}

void simulated_disk::set_faults(fault_function f) {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(f);
}

void simulated_disk::set_capacity(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
}

simulated_disk::fault simulated_disk::ask(disk_operation op, const std::string& name) {
    fault_function f;
    {
        const std::lock_guard lock(mutex_);
        f = faults_;
    }
    return f ? f(op, name) : fault{};
}

void simulated_disk::lose_power() {
    ++epoch_; // what the dying process still tries does nothing
    throw power_cut{};
}

std::size_t simulated_disk::used() const {
    std::size_t sum = 0;
    for (const auto& [name, node] : current_) {
        sum += node->cached.size();
    }
    return sum;
}

void simulated_disk::cut_power(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    holder_.reset();
    // How bad it is, this time: 0 nothing that was pending survives ... 4 all of it.
    const auto chance = [&](std::uint64_t of_four) { return random() % 4 < of_four; };
    const std::uint64_t luck = random() % 5;
    directory after = durable_;
    for (const change& c : pending_) {
        if (chance(luck)) {
            apply(after, c);
        }
    }
    std::set<inode*> seen;
    for (const directory* const d : {&after, &current_}) {
        for (const auto& [name, node] : *d) {
            if (!seen.insert(node.get()).second) {
                continue;
            }
            if (node->durable.size() > node->cached.size() && chance(luck)) {
                node->durable.resize(node->cached.size());
            }
            for (std::size_t s = 0; s < node->dirty.size(); ++s) {
                if (node->dirty[s] && chance(luck)) {
                    node->persist(s);
                }
            }
            node->cached = node->durable;
            node->dirty.assign((node->cached.size() + sector - 1) / sector, false);
        }
    }
    current_ = durable_ = after;
    pending_.clear();
}

void simulated_disk::cut_power(bool keep_pending) {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    holder_.reset();
    if (!keep_pending) {
        current_ = durable_;
    }
    for (const auto& [name, node] : current_) {
        if (keep_pending) {
            node->sync();
        }
        node->cached = node->durable;
        node->dirty.assign((node->cached.size() + sector - 1) / sector, false);
    }
    durable_ = current_;
    pending_.clear();
}

std::shared_ptr<simulated_disk> simulated_disk::image() const {
    const std::lock_guard lock(mutex_);
    auto copy = std::make_shared<simulated_disk>(capacity_);
    for (const auto& [name, node] : current_) {
        const auto n = std::make_shared<inode>();
        n->cached = n->durable = node->cached;
        n->dirty.assign((n->cached.size() + sector - 1) / sector, false);
        copy->current_[name] = n;
    }
    copy->durable_ = copy->current_;
    return copy;
}

std::vector<std::string> simulated_disk::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, node] : current_) {
        out.push_back(name);
    }
    return out;
}

bool simulated_disk::exists(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return current_.contains(name);
}

std::vector<std::uint8_t> simulated_disk::read(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return current_.at(name)->cached;
}

void simulated_disk::write(const std::string& name, std::vector<std::uint8_t> bytes) {
    const std::lock_guard lock(mutex_);
    const auto n = std::make_shared<inode>();
    n->cached = n->durable = std::move(bytes);
    n->dirty.assign((n->cached.size() + sector - 1) / sector, false);
    current_[name] = durable_[name] = n;
}

void simulated_disk::flip(const std::string& name, std::uint64_t bit) {
    const std::lock_guard lock(mutex_);
    inode& n = *current_.at(name);
    n.cached.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
    n.durable.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
}

void simulated_disk::remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    current_.erase(name);
    durable_.erase(name);
}

std::uint64_t simulated_disk::direct_writes(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return current_.at(name)->direct_writes;
}

std::uint64_t simulated_disk::syncs(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return current_.at(name)->syncs;
}

} // namespace pawl::test

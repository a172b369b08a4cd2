// blas.cpp - finding and opening OpenBLAS.
#include "blas.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failure.h"

extern char** environ;

namespace fm::linalg {
namespace {

constexpr const char* kFileName = "libopenblas.so.0";

void copy_text(char* to, size_t capacity, std::string_view text) {
  const size_t length = text.copy(to, capacity - 1);
  to[length] = '\0';
}

// Takes OPENBLAS_* out of the environment while the library is opened, which reads it once, and puts it back.
class Environment {
 public:
  Environment() {
    for (char** entry = environ; *entry; ++entry) {
      const std::string_view text = *entry;
      const size_t equals = text.find('=');
      if (text.starts_with("OPENBLAS_") && equals != text.npos)
        taken_.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : taken_) unsetenv(name.c_str());
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (const char* forced = core_type()) setenv("OPENBLAS_CORETYPE", forced, 1);
  }
  ~Environment() {
    unsetenv("OPENBLAS_NUM_THREADS");
    unsetenv("OPENBLAS_CORETYPE");
    for (const auto& [name, value] : taken_) setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static const char* core_type() {
    const char* forced = std::getenv("FASTMERGE_BLAS_CORETYPE");
    return forced && *forced ? forced : nullptr;
  }
  std::string ignored() const {
    std::string text;
    for (const auto& [name, value] : taken_) text += (text.empty() ? "" : " ") + name + "=" + value;
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> taken_;
};

std::string folder_of(const std::string& file) {
  const size_t slash = file.rfind('/');
  return slash == file.npos ? std::string() : file.substr(0, slash + 1);
}

std::string own_folder() {
  Dl_info where;
  return dladdr(reinterpret_cast<void*>(&blas), &where) && where.dli_fname ? folder_of(where.dli_fname)
                                                                           : std::string();
}

// Libraries that OpenBLAS needs are taken from its own folder where they lie there.
void open_companions(const std::string& folder) {
  if (folder.empty()) return;
  for (const char* name : {"libquadmath.so.0", "libgfortran.so.5"}) dlopen((folder + name).c_str(), RTLD_NOW);
}

// Opens the first candidate that opens; tried receives the others with their reasons.
void* open_library(std::string& tried) {
  std::vector<std::string> candidates;
  const char* forced = std::getenv("FASTMERGE_BLAS");
  if (forced && *forced) {
    candidates = {forced};
  } else {
    candidates = {own_folder() + kFileName, kFileName};
    if (candidates[0] == kFileName) candidates.pop_back();
  }
  for (const std::string& file : candidates) {
    open_companions(folder_of(file));
    if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    const char* reason = dlerror();
    tried += (tried.empty() ? "" : "; ") + std::string(reason ? reason : file);
  }
  return nullptr;
}

struct Library {
  Blas blas;
  std::string failure;  // empty: it is open

  Library() {
    Environment environment;
    std::string tried;
    void* handle = open_library(tried);
    if (!handle) {
      failure = "no OpenBLAS library (FASTMERGE_BLAS names its file): " + tried;
      return;
    }
    find_routines(handle);
    if (failure.empty()) describe(handle, environment);
  }

  void* symbol(void* handle, const char* name) {
    void* address = dlsym(handle, name);
    if (!address && failure.empty()) failure = std::string("the BLAS library has no ") + name;
    return address;
  }

  void find_routines(void* handle) {
#define FM_FIND(name, ...)                         \
  blas.s##name.set(symbol(handle, "s" #name "_")); \
  blas.d##name.set(symbol(handle, "d" #name "_"));
    FM_BLAS_ROUTINES(FM_FIND)
#undef FM_FIND
    blas.set_num_threads = reinterpret_cast<void (*)(int)>(symbol(handle, "openblas_set_num_threads"));
  }

  void describe(void* handle, const Environment& environment) {
    const auto text = [&](const char* name) -> std::string {
      auto* function = reinterpret_cast<const char* (*)()>(symbol(handle, name));
      return function ? function() : "";
    };
    const std::string config = text("openblas_get_config");
    if (config.find("USE64BITINT") != config.npos)
      failure = "the BLAS library is one of 64-bit integers: " + config;
    fm_blas_info& info = blas.info;
    info.struct_size = sizeof info;
    info.is_forced = Environment::core_type() != nullptr;
    const size_t begin = config.find(' ');
    const std::string rest = begin == config.npos ? config : config.substr(begin + 1);
    copy_text(info.version, sizeof info.version, rest.substr(0, rest.find(' ')));
    copy_text(info.core, sizeof info.core, text("openblas_get_corename"));
    copy_text(info.ignored, sizeof info.ignored, environment.ignored());
    Dl_info where;
    if (dladdr(reinterpret_cast<void*>(blas.set_num_threads), &where) && where.dli_fname)
      copy_text(info.library, sizeof info.library, where.dli_fname);
  }
};

}  // namespace

const Blas& blas() {
  static const Library library;
  if (!library.failure.empty()) refuse(FM_UNSUPPORTED, "%s", library.failure.c_str());
  return library.blas;
}

}  // namespace fm::linalg

fm_status fm_blas_describe(fm_blas_info* info, fm_error* error) {
  return fm::linalg::guarded_call("fm_blas_describe", error, [&] {
    if (!info || info->struct_size < static_cast<int32_t>(sizeof *info))
      fm::linalg::refuse(FM_INVALID_ARGUMENT, "fm_blas_describe: struct_size is %d, %zu is needed",
                         info ? info->struct_size : 0, sizeof *info);
    *info = fm::linalg::blas().info;
  });
}

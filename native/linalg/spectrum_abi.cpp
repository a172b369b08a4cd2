// spectrum_abi.cpp - fm_spectrum: the handle, and the checks of its calls.
#include <algorithm>
#include <memory>
#include <optional>

#include "matrix.h"
#include "spectrum.h"
#include "work.h"

struct fm_spectrum {
  fm::linalg::Arena& arena;
  fm::linalg::Hold hold;
  std::optional<fm::linalg::Spectrum<float>> single;
  std::optional<fm::linalg::Spectrum<double>> precise;

  explicit fm_spectrum(fm::linalg::Arena& arena_) : arena(arena_), hold(arena_) {}

  template <class Use>
  void with(const Use& use) const {
    if (single) {
      use(*single);
    } else {
      use(*precise);
    }
  }
  int64_t size() const { return single ? single->size() : precise->size(); }
};

namespace fm::linalg {
namespace {

template <class T>
void make(Arena& arena, const fm_matrix& a, fm_spectrum& spectrum, std::optional<Spectrum<T>>& part) {
  arena.require(Spectrum<T>::work(a.rows, a.columns, 0));
  part.emplace(arena, a);
  spectrum.hold.keep();
  Scope scope(arena);
  part->find_values(arena);
}

void check_count(const char* name, const fm_spectrum* spectrum, int64_t k) {
  if (!spectrum) refuse(FM_INVALID_ARGUMENT, "%s: no spectrum", name);
  if (k < 0 || k > spectrum->size())
    refuse(FM_INVALID_ARGUMENT, "%s: k is %lld, 0 to %lld are accepted", name, static_cast<long long>(k),
           static_cast<long long>(spectrum->size()));
}

}  // namespace

int64_t spectrum_work(int64_t m, int64_t n, int64_t count, bool precise) {
  return precise ? Spectrum<double>::work(m, n, count) : Spectrum<float>::work(m, n, count);
}

}  // namespace fm::linalg

using namespace fm::linalg;

fm_status fm_spectrum_create(fm_arena* arena, const fm_matrix* a, int32_t precise, fm_spectrum** spectrum,
                             fm_error* error) {
  return guarded_call("fm_spectrum_create", error, [&] {
    if (!arena || !spectrum)
      refuse(FM_INVALID_ARGUMENT, "fm_spectrum_create: no arena or no place for the spectrum");
    *spectrum = nullptr;
    check_matrix("fm_spectrum_create: a", a, FM_F32);
    check_finite("fm_spectrum_create: a", *a);
    Session session(*arena);
    auto made = std::make_unique<fm_spectrum>(*arena);
    if (precise) {
      make(*arena, *a, *made, made->precise);
    } else {
      make(*arena, *a, *made, made->single);
    }
    *spectrum = made.release();
  });
}

void fm_spectrum_destroy(fm_spectrum* spectrum) { delete spectrum; }

fm_status fm_spectrum_values(const fm_spectrum* spectrum, double* values, int64_t count, fm_error* error) {
  return guarded_call("fm_spectrum_values", error, [&] {
    check_count("fm_spectrum_values", spectrum, count);
    spectrum->with([&](const auto& part) {
      for (int64_t i = 0; i < count; ++i) values[i] = part.value(i);
    });
  });
}

fm_status fm_spectrum_vectors(fm_spectrum* spectrum, int64_t k, fm_matrix* u, fm_matrix* v, fm_error* error) {
  return guarded_call("fm_spectrum_vectors", error, [&] {
    check_count("fm_spectrum_vectors", spectrum, k);
    spectrum->with([&](const auto& part) {
      if (u) check_matrix("fm_spectrum_vectors: u", u, FM_F32, part.matrix().rows, k);
      if (v) check_matrix("fm_spectrum_vectors: v", v, FM_F32, part.matrix().columns, k);
      Session session(spectrum->arena);
      Scope scope(spectrum->arena);
      part.vectors(spectrum->arena, k, u, v);
    });
  });
}

fm_status fm_spectrum_project(fm_spectrum* spectrum, int64_t k, double scale, fm_matrix* b, fm_error* error) {
  return guarded_call("fm_spectrum_project", error, [&] {
    check_count("fm_spectrum_project", spectrum, k);
    spectrum->with([&](const auto& part) {
      check_matrix("fm_spectrum_project: b", b, FM_F32, part.matrix().rows, part.matrix().columns);
      Session session(spectrum->arena);
      Scope scope(spectrum->arena);
      part.project(spectrum->arena, k, scale, *b);
    });
  });
}

/* CPU kernels in AVX512-BF16: products of a few or many tokens with bfloat16 or int8 weights, and paged attention.

   Why: a general matrix product reaches half of the memory bandwidth when it has one row. Here the weight lies in
   panels of 64 rows, in the order in which it is read, so one token costs one pass over memory and many tokens reuse a
   panel from the cache. A token's result is computed in the same order whatever else is in the step. Compiled on first
   use by native.py; torch is the fallback. */

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t bf16;

#define INLINE static inline __attribute__((always_inline))
#define PANEL 64  /* weight rows of a panel: four vectors of sums */
#define TOKENS 6  /* of a tile: 4 x 6 sums, 4 weights and a token fill the 32 registers */
#define FEW_KEYS 32 /* whose values stay in the first-level cache while all heads pass */
#define STRIPE 192 /* tokens whose x stays in the second-level cache while all panels pass */

INLINE __m512bh weights(const char *at, int q, int int8) { /* 16 rows, two consecutive inputs each */
    if (!int8) return (__m512bh)_mm512_loadu_si512(at + 64 * q);
    const __m128i *from = (const __m128i *)(at + 32 * q);
    __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from)));
    __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from + 1)));
    return _mm512_cvtne2ps_pbh(high, low); /* exact: eight bits fit */
}

/* One panel times a few tokens; `tokens`, `int8` and `whole` are constants at every call. out is float if `whole`. */
INLINE void tile(const char *w, const bf16 *x, const float *scale, const float *bias, void *out, long in, long width,
                 long rows, int tokens, int int8, int whole) {
    __m512 sum[4][TOKENS];
    long step = int8 ? 2 * PANEL : 4 * PANEL; /* bytes of two inputs */
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++)
#pragma GCC unroll 6
        for (int t = 0; t < tokens; t++) sum[q][t] = _mm512_setzero_ps();
    for (long k = 0; k < in; k += 2, w += step) {
        __m512bh row[4];
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++) {
            _mm_prefetch(w + 2048 + 64 * q, _MM_HINT_T0);
            row[q] = weights(w, q, int8);
        }
#pragma GCC unroll 6
        for (int t = 0; t < tokens; t++) {
            int pair;
            memcpy(&pair, x + t * in + k, sizeof pair);
            __m512bh token = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 4
            for (int q = 0; q < 4; q++) sum[q][t] = _mm512_dpbf16_ps(sum[q][t], row[q], token);
        }
    }
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++) {
        long left = rows - 16 * q;
        __mmask16 kept = left >= 16 ? 0xffff : left > 0 ? (1u << left) - 1 : 0;
#pragma GCC unroll 6
        for (int t = 0; t < tokens; t++) {
            __m512 y = sum[q][t];
            if (int8) y = _mm512_mul_ps(y, _mm512_maskz_loadu_ps(kept, scale + 16 * q));
            if (bias) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(kept, bias + 16 * q));
            long to = t * width + 16 * q;
            if (whole) _mm512_mask_storeu_ps((float *)out + to, kept, y);
            else _mm256_mask_storeu_epi16((bf16 *)out + to, kept, (__m256i)_mm512_cvtneps_pbh(y));
        }
    }
}

INLINE void panel(const char *w, const bf16 *x, const float *scale, const float *bias, void *out, long tokens, long in,
                  long width, long rows, int int8, int whole) {
#define TILE(n) \
    tile(w, x + t * in, scale, bias, (char *)out + t * width * (whole ? 4 : 2), in, width, rows, n, int8, whole)
    long t = 0;
    for (; t + TOKENS <= tokens; t += TOKENS) TILE(TOKENS);
    switch (tokens - t) {
    case 5: TILE(5); break;
    case 4: TILE(4); break;
    case 3: TILE(3); break;
    case 2: TILE(2); break;
    case 1: TILE(1); break;
    }
#undef TILE
}

/* out [tokens, width] = x [tokens, in] times the packed weight, times scale [width] if int8, plus bias [width] or NULL.
   `in` is even. */
void linear(const bf16 *x, const char *w, const float *scale, const float *bias, bf16 *out, long tokens, long in,
            long width, int threads) {
    long panels = (width + PANEL - 1) / PANEL;
    long size = PANEL * in * (scale ? 1 : 2);
#pragma omp parallel num_threads(threads)
    for (long first = 0; first < tokens; first += STRIPE) {
        long count = tokens - first < STRIPE ? tokens - first : STRIPE;
#pragma omp for schedule(static) nowait
        for (long p = 0; p < panels; p++) {
            long r = p * PANEL;
            const float *b = bias ? bias + r : NULL;
            bf16 *to = out + first * width + r;
            if (scale) panel(w + p * size, x + first * in, scale + r, b, to, count, in, width, width - r, 1, 0);
            else panel(w + p * size, x + first * in, NULL, b, to, count, in, width, width - r, 0, 0);
        }
    }
}

INLINE __m512 wide(const bf16 *from) { /* 16 bf16 to float */
    __m256i x = _mm256_loadu_si256((const __m256i *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

INLINE void narrow(bf16 *to, __m512 x) { _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x)); }

INLINE float inverse_size(const bf16 *x, long dim, float epsilon) { /* 1 / root mean square; dim is a multiple of 16 */
    __m512 sum = _mm512_setzero_ps();
    for (long d = 0; d < dim; d += 16) {
        __m512 part = wide(x + d);
        sum = _mm512_fmadd_ps(part, part, sum);
    }
    return 1.0f / sqrtf(_mm512_reduce_add_ps(sum) / dim + epsilon);
}

/* x += delta in place, unless delta is NULL, and out = x normalised; all [tokens, dim]. */
void add_norm(bf16 *x, const bf16 *delta, const bf16 *weight, bf16 *out, long tokens, long dim, float epsilon,
              int threads) {
#pragma omp parallel for num_threads(threads) if (tokens > 8)
    for (long t = 0; t < tokens; t++) {
        bf16 *at = x + t * dim;
        for (long d = 0; delta && d < dim; d += 16)
            narrow(at + d, _mm512_add_ps(wide(at + d), wide(delta + t * dim + d)));
        __m512 scale = _mm512_set1_ps(inverse_size(at, dim, epsilon));
        for (long d = 0; d < dim; d += 16)
            narrow(out + t * dim + d, _mm512_mul_ps(_mm512_mul_ps(wide(at + d), scale), wide(weight + d)));
    }
}

INLINE __m512 normed(const bf16 *x, const bf16 *weight, __m512 scale) {
    return weight ? _mm512_mul_ps(_mm512_mul_ps(wide(x), scale), wide(weight)) : wide(x);
}

/* One head, normalised unless weight is NULL, and rotated; sin carries the sign of the half-rotation. */
static void turn(const bf16 *x, const bf16 *weight, const bf16 *cos, const bf16 *sin, bf16 *out, long dim,
                 float epsilon) {
    __m512 scale = _mm512_set1_ps(weight ? inverse_size(x, dim, epsilon) : 1.0f);
    long half = dim / 2;
    for (long d = 0; d < half; d += 16) {
        __m512 low = normed(x + d, weight ? weight + d : NULL, scale);
        __m512 high = normed(x + half + d, weight ? weight + half + d : NULL, scale);
        narrow(out + d, _mm512_fmadd_ps(low, wide(cos + d), _mm512_mul_ps(high, wide(sin + d))));
        narrow(out + half + d, _mm512_fmadd_ps(high, wide(cos + half + d), _mm512_mul_ps(low, wide(sin + half + d))));
    }
}

/* all [tokens, heads + 2 kv_heads, dim] into query [tokens, heads, dim] and the pool's slots; dim a multiple of 32. */
void place(const bf16 *all, const bf16 *query_norm, const bf16 *key_norm, const bf16 *cos, const bf16 *sin,
           const int64_t *slots, bf16 *query, bf16 *keys, bf16 *values, long tokens, long heads, long kv_heads,
           long dim, float epsilon, int threads) {
#pragma omp parallel for num_threads(threads) if (tokens > 8)
    for (long t = 0; t < tokens; t++) {
        const bf16 *from = all + t * (heads + 2 * kv_heads) * dim, *c = cos + t * dim, *s = sin + t * dim;
        for (long h = 0; h < heads; h++)
            turn(from + h * dim, query_norm, c, s, query + (t * heads + h) * dim, dim, epsilon);
        from += heads * dim;
        bf16 *key = keys + slots[t] * kv_heads * dim;
        for (long h = 0; h < kv_heads; h++) turn(from + h * dim, key_norm, c, s, key + h * dim, dim, epsilon);
        memcpy(values + slots[t] * kv_heads * dim, from + kv_heads * dim, sizeof(bf16) * kv_heads * dim);
    }
}

/* e^x of 16 floats within two units of the last place: 2^n times a polynomial of what is left. Our own, because the
   compiler only calls a vector one under -ffast-math, which would change the whole process (see native.py). */
INLINE __m512 exponential(__m512 x) {
    x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-104.0f)), _mm512_set1_ps(104.0f)); /* 0 and infinity beyond */
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 0);
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x); /* ln 2 in two parts, the first of few bits */
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), x);
    __m512 y = _mm512_set1_ps(1.0f / 720);
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(1.0f / 120));
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(1.0f / 24));
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(1.0f / 6));
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(0.5f));
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(1.0f));
    y = _mm512_fmadd_ps(y, x, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, n);
}

/* out [tokens, inner] = silu(gate) * up of both [tokens, 2 inner]; inner is a multiple of 16. */
void swiglu(const bf16 *both, bf16 *out, long tokens, long inner, int threads) {
    __m512 one = _mm512_set1_ps(1.0f);
#pragma omp parallel for num_threads(threads) if (tokens > 8)
    for (long t = 0; t < tokens; t++)
        for (long i = 0; i < inner; i += 16) {
            __m512 gate = wide(both + t * 2 * inner + i), up = wide(both + (t * 2 + 1) * inner + i);
            __m512 below = _mm512_add_ps(one, exponential(_mm512_sub_ps(_mm512_setzero_ps(), gate)));
            narrow(out + t * inner + i, _mm512_mul_ps(_mm512_div_ps(gate, below), up));
        }
}

static float softmax(float *score, long keys, float scale) { /* in place, not divided; returns the sum */
    __m512 high = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps(), by = _mm512_set1_ps(scale);
    for (long k = 0; k < keys; k += 16) {
        __mmask16 kept = keys - k >= 16 ? 0xffff : (1u << (keys - k)) - 1;
        high = _mm512_mask_max_ps(high, kept, high, _mm512_maskz_loadu_ps(kept, score + k));
    }
    __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(high));
    for (long k = 0; k < keys; k += 16) {
        __mmask16 kept = keys - k >= 16 ? 0xffff : (1u << (keys - k)) - 1;
        __m512 x = exponential(_mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(kept, score + k), top), by));
        _mm512_mask_storeu_ps(score + k, kept, x);
        sum = _mm512_mask_add_ps(sum, kept, sum, x);
    }
    return _mm512_reduce_add_ps(sum);
}

/* Rows become columns: 16 vectors of 16 numbers of 32 bits. */
INLINE void transpose(__m512i r[16]) {
    __m512i t[16], u[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        u[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
        __m512i a = _mm512_shuffle_i32x4(u[c], u[4 + c], 0x88), b = _mm512_shuffle_i32x4(u[c], u[4 + c], 0xdd);
        __m512i e = _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0x88), f = _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0xdd);
        r[c] = _mm512_shuffle_i32x4(a, e, 0x88);
        r[4 + c] = _mm512_shuffle_i32x4(b, f, 0x88);
        r[8 + c] = _mm512_shuffle_i32x4(a, e, 0xdd);
        r[12 + c] = _mm512_shuffle_i32x4(b, f, 0xdd);
    }
}

/* Where the keys or values from `first` on lie; the last one again where there are no more. */
INLINE void find_rows(const bf16 *pool, const int32_t *pages, long first, long count, long keys, long size, long stride,
                      const bf16 **row) {
    for (long k = 0; k < count; k++) {
        long at = first + k < keys ? first + k : keys - 1;
        row[k] = pool + (pages[at / size] * size + at % size) * stride;
    }
}

/* score [group, keys] from `first` on: q [group, dim] times sixteen keys, two inputs after two as in `tile`. */
static void score_keys(const bf16 *q, const bf16 **row, float *score, long first, long keys, long group, long dim) {
    __m512 sum[group];
    for (long g = 0; g < group; g++) sum[g] = _mm512_setzero_ps();
    for (long d = 0; d < dim; d += 32) {
        int pairs = dim - d >= 32 ? 16 : 8;
        __m512i part[16];
#pragma GCC unroll 16
        for (int k = 0; k < 16; k++) part[k] = _mm512_maskz_loadu_epi32((1u << pairs) - 1, row[k] + d);
        transpose(part);
        for (long g = 0; g < group; g++) {
            __m512 y = sum[g];
            for (int i = 0; i < pairs; i++) {
                int pair;
                memcpy(&pair, q + g * dim + d + 2 * i, sizeof pair);
                y = _mm512_dpbf16_ps(y, (__m512bh)part[i], (__m512bh)_mm512_set1_epi32(pair));
            }
            sum[g] = y;
        }
    }
    __mmask16 kept = keys - first >= 16 ? 0xffff : (1u << (keys - first)) - 1;
    for (long g = 0; g < group; g++) _mm512_mask_storeu_ps(score + g * keys + first, kept, sum[g]);
}

/* sums [heads, 16 vectors] += share [heads, even] . value, for a few keys; heads and vectors are constants. */
INLINE void mix(const bf16 *share, long even, const bf16 **row, long count, long d, float *sums, long dim, int heads,
                int vectors) {
    __m512 sum[2][4];
    for (int h = 0; h < heads; h++)
        for (int v = 0; v < vectors; v++) sum[h][v] = _mm512_loadu_ps(sums + h * dim + 16 * v);
    for (long k = 0; k < count; k += 2)
        for (int v = 0; v < vectors; v++) {
            __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(row[k] + d + 16 * v)));
            __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(row[k + 1] + d + 16 * v)));
            __m512bh both = (__m512bh)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
            for (int h = 0; h < heads; h++) {
                int pair;
                memcpy(&pair, share + h * even + k, sizeof pair);
                sum[h][v] = _mm512_dpbf16_ps(sum[h][v], both, (__m512bh)_mm512_set1_epi32(pair));
            }
        }
    for (int h = 0; h < heads; h++)
        for (int v = 0; v < vectors; v++) _mm512_storeu_ps(sums + h * dim + 16 * v, sum[h][v]);
}

/* row [keys] of scores into shares of bfloat16. */
INLINE void spread(float *row, long keys, float scale, bf16 *share) {
    __m512 part = _mm512_set1_ps(1.0f / softmax(row, keys, scale));
    for (long i = 0; i < keys; i += 16) {
        __mmask16 kept = keys - i >= 16 ? 0xffff : (1u << (keys - i)) - 1;
        __m512 y = _mm512_mul_ps(_mm512_maskz_loadu_ps(kept, row + i), part);
        _mm256_mask_storeu_epi16(share + i, kept, (__m256i)_mm512_cvtneps_pbh(y));
    }
}

/* The queries that share one key head, of one token, over `keys` paged keys, added up in the order of `attend_tile`,
   so that a token gets the same bits whichever of the two it meets. score [group, keys], sums [group, dim], share
   [group, keys + keys % 2]. */
static void attend_group(const bf16 *q, const bf16 *key, const bf16 *value, const int32_t *pages, bf16 *out, long keys,
                         long size, long kv_heads, long group, long dim, float scale, float *score, float *sums,
                         bf16 *share) {
    long stride = kv_heads * dim, even = keys + keys % 2;
    const bf16 *row[FEW_KEYS];
    for (long first = 0; first < keys; first += 16) {
        find_rows(key, pages, first, 16, keys, size, stride, row);
        score_keys(q, row, score, first, keys, group, dim);
    }
    memset(sums, 0, sizeof(float) * group * dim);
    for (long g = 0; g < group; g++) {
        share[g * even + even - 1] = 0;
        spread(score + g * keys, keys, scale, share + g * even);
    }
    for (long first = 0; first < keys; first += FEW_KEYS) {
        long count = even - first < FEW_KEYS ? even - first : FEW_KEYS;
        find_rows(value, pages, first, count, keys, size, stride, row);
        for (long g = 0; g < group; g += 2)
            for (long d = 0; d < dim;) {
                const bf16 *p = share + g * even + first;
                float *to = sums + g * dim + d;
                int four = dim - d >= 64, both = group - g >= 2;
                if (four && both) mix(p, even, row, count, d, to, dim, 2, 4);
                else if (four) mix(p, even, row, count, d, to, dim, 1, 4);
                else if (both) mix(p, even, row, count, d, to, dim, 2, 1);
                else mix(p, even, row, count, d, to, dim, 1, 1);
                d += four ? 64 : 16;
            }
    }
    for (long g = 0; g < group; g++)
        for (long d = 0; d < dim; d += 16) narrow(out + g * dim + d, _mm512_loadu_ps(sums + g * dim + d));
}

/* Paged attention of some tokens. token [count] says which rows of q and out [T, heads, dim]; for each of them,
   sequence [count] its row of pages [S, table] and visible [count] how many keys it sees. keys and values
   [pages, size, kv_heads, dim] of one layer. Returns 0, or 1 when memory ran out. */
int attend(const bf16 *q, const bf16 *keys, const bf16 *values, const int32_t *pages, const int64_t *token,
           const int64_t *sequence, const int64_t *visible, bf16 *out, long count, long table, long size, long heads,
           long kv_heads, long dim, float scale, int threads) {
    long group = heads / kv_heads, longest = 0;
    int failed = 0;
    for (long i = 0; i < count; i++) longest = visible[i] > longest ? visible[i] : longest;
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
        float *room = malloc(group * (sizeof(float) * (longest + dim) + sizeof(bf16) * (longest + 1)));
        float *sums = room + group * longest;
        failed = room == NULL;
#pragma omp for schedule(dynamic, 1) collapse(2)
        for (long i = 0; i < count; i++)
            for (long h = 0; h < kv_heads; h++) {
                long at = (token[i] * heads + h * group) * dim;
                if (room)
                    attend_group(q + at, keys + h * dim, values + h * dim, pages + sequence[i] * table, out + at,
                                 visible[i], size, kv_heads, group, dim, scale, room, sums,
                                 (bf16 *)(sums + group * dim));
            }
        free(room);
    }
    return failed;
}

/* One head's keys as a weight [length, dim] and its values as a weight [dim, even], both in the order of `panel`. */
static void pack_head(const bf16 *key, const bf16 *value, const int32_t *pages, long length, long even, long size,
                      long stride, long dim, bf16 *k, bf16 *v) {
    for (long i = 0; i < length; i++) {
        long at = (pages[i / size] * size + i % size) * stride;
        for (long d = 0; d < dim; d += 2)
            memcpy(k + i / PANEL * PANEL * dim + d * PANEL + i % PANEL * 2, key + at + d, 2 * sizeof(bf16));
        for (long d = 0; d < dim; d++)
            v[d / PANEL * PANEL * even + i / 2 * 2 * PANEL + d % PANEL * 2 + i % 2] = value[at + d];
    }
}

/* A few consecutive queries x [tokens, dim] of one head; visible [tokens] rises. out has `stride` between tokens. */
static void attend_tile(const bf16 *x, const bf16 *k, const bf16 *v, const long *visible, bf16 *out, long stride,
                        long dim, long even, float scale, float *score, bf16 *share, long tokens) {
    long most = visible[tokens - 1], span = (most + PANEL - 1) / PANEL * PANEL, in = most + most % 2;
    for (long n = 0; n < span; n += PANEL)
        panel((const char *)(k + n * dim), x, NULL, NULL, score + n, tokens, dim, span, PANEL, 0, 1);
    memset(share, 0, sizeof(bf16) * tokens * in);
    for (long t = 0; t < tokens; t++)
        spread(score + t * span, visible[t], scale, share + t * in);
    for (long d = 0; d < dim; d += PANEL)
        panel((const char *)(v + d * even), share, NULL, NULL, out + d, tokens, in, stride, dim - d, 0, 0);
}

/* Paged attention of the last `count` of a sequence's `length` tokens: their rows of q and out [count, heads, dim],
   the sequence's row of pages. Keys and values are laid out anew for every call, so it takes many queries to pay.
   Returns 0, or 1 when memory ran out. */
int attend_many(const bf16 *q, const bf16 *keys, const bf16 *values, const int32_t *pages, bf16 *out, long count,
                long length, long block, long size, long heads, long kv_heads, long dim, float scale, int threads) {
    long group = heads / kv_heads, stride = heads * dim, even = length + length % 2;
    long key_room = (length + PANEL - 1) / PANEL * PANEL * dim, value_room = (dim + PANEL - 1) / PANEL * PANEL * even;
    long longest = (length + PANEL - 1) / PANEL * PANEL;
    bf16 *packed = calloc(kv_heads * (key_room + value_room), sizeof(bf16));
    if (packed == NULL) return 1;
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
        float *score = malloc(sizeof(float) * TOKENS * longest);
        bf16 *share = malloc(sizeof(bf16) * TOKENS * (longest + dim)), *x = share + TOKENS * longest;
        failed = score == NULL || share == NULL;
#pragma omp for schedule(dynamic, 1)
        for (long h = 0; h < kv_heads; h++) {
            bf16 *k = packed + h * (key_room + value_room);
            pack_head(keys + h * dim, values + h * dim, pages, length, even, size, kv_heads * dim, dim, k, k + key_room);
        }
#pragma omp for schedule(dynamic, 8) collapse(2)
        for (long h = 0; h < heads; h++)
            for (long first = 0; first < count; first += TOKENS) {
                const bf16 *k = packed + h / group * (key_room + value_room);
                long tokens = count - first < TOKENS ? count - first : TOKENS, visible[TOKENS];
                if (failed) continue;
                for (long t = 0; t < tokens; t++) {
                    long end = ((length - count + first + t) / block + 1) * block;
                    visible[t] = end < length ? end : length;
                    memcpy(x + t * dim, q + (first + t) * stride + h * dim, dim * sizeof(bf16));
                }
                attend_tile(x, k, k + key_room, visible, out + first * stride + h * dim, stride, dim, even, scale,
                            score, share, tokens);
            }
        free(score);
        free(share);
    }
    free(packed);
    return failed;
}

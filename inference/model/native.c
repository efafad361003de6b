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
#define STRIPE 192 /* tokens whose x stays in the second-level cache while all panels pass */

INLINE __m512bh weights(const char *at, int q, int int8) { /* 16 rows, two consecutive inputs each */
    if (!int8) return (__m512bh)_mm512_loadu_si512(at + 64 * q);
    const __m128i *from = (const __m128i *)(at + 32 * q);
    __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from)));
    __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from + 1)));
    return _mm512_cvtne2ps_pbh(high, low); /* exact: eight bits fit */
}

/* One panel times a few tokens; `tokens` and `int8` are constants at every call. */
INLINE void tile(const char *w, const bf16 *x, const float *scale, const float *bias, bf16 *out, long in, long width,
                 long rows, int tokens, int int8) {
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
            _mm256_mask_storeu_epi16(out + t * width + 16 * q, kept, (__m256i)_mm512_cvtneps_pbh(y));
        }
    }
}

INLINE void panel(const char *w, const bf16 *x, const float *scale, const float *bias, bf16 *out, long tokens, long in,
                  long width, long rows, int int8) {
#define TILE(n) tile(w, x + t * in, scale, bias, out + t * width, in, width, rows, n, int8)
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
            if (scale) panel(w + p * size, x + first * in, scale + r, b, to, count, in, width, width - r, 1);
            else panel(w + p * size, x + first * in, NULL, b, to, count, in, width, width - r, 0);
        }
    }
}

INLINE __m512 wide(const bf16 *from) { /* 16 bf16 to float */
    __m256i x = _mm256_loadu_si256((const __m256i *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

INLINE float dot(const bf16 *a, const bf16 *b, long dim) { /* dim is a multiple of 16 */
    __m512 sum = _mm512_setzero_ps();
    for (long d = 0; d < dim; d += 32) {
        __mmask32 kept = dim - d >= 32 ? 0xffffffffu : 0xffffu;
        sum = _mm512_dpbf16_ps(sum, (__m512bh)_mm512_maskz_loadu_epi16(kept, a + d),
                               (__m512bh)_mm512_maskz_loadu_epi16(kept, b + d));
    }
    return _mm512_reduce_add_ps(sum);
}

static float softmax(float *score, long keys, float scale) { /* in place, not divided; returns the sum */
    float top = score[0], sum = 0;
    for (long k = 1; k < keys; k++) top = score[k] > top ? score[k] : top;
    for (long k = 0; k < keys; k++) {
        score[k] = expf((score[k] - top) * scale);
        sum += score[k];
    }
    return sum;
}

/* The queries that share one key head, of one token, over `keys` paged keys. score [group, keys], sums [group, dim]. */
static void attend_group(const bf16 *q, const bf16 *key, const bf16 *value, const int32_t *pages, bf16 *out, long keys,
                         long size, long kv_heads, long group, long dim, float scale, float *score, float *sums) {
    for (long k = 0; k < keys; k++) {
        const bf16 *at = key + (pages[k / size] * size + k % size) * kv_heads * dim;
        for (long g = 0; g < group; g++) score[g * keys + k] = dot(q + g * dim, at, dim);
    }
    memset(sums, 0, sizeof(float) * group * dim);
    float total[group];
    for (long g = 0; g < group; g++) total[g] = softmax(score + g * keys, keys, scale);
    for (long k = 0; k < keys; k++) {
        const bf16 *at = value + (pages[k / size] * size + k % size) * kv_heads * dim;
        for (long d = 0; d < dim; d += 16) {
            __m512 v = wide(at + d);
            for (long g = 0; g < group; g++) {
                float *sum = sums + g * dim + d;
                __m512 p = _mm512_set1_ps(score[g * keys + k]);
                _mm512_storeu_ps(sum, _mm512_fmadd_ps(p, v, _mm512_loadu_ps(sum)));
            }
        }
    }
    for (long g = 0; g < group; g++)
        for (long d = 0; d < dim; d += 16) {
            __m512 y = _mm512_div_ps(_mm512_loadu_ps(sums + g * dim + d), _mm512_set1_ps(total[g]));
            _mm256_storeu_si256((__m256i *)(out + g * dim + d), (__m256i)_mm512_cvtneps_pbh(y));
        }
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
        float *room = malloc(sizeof(float) * group * (longest + dim));
        failed = room == NULL;
#pragma omp for schedule(dynamic, 1) collapse(2)
        for (long i = 0; i < count; i++)
            for (long h = 0; h < kv_heads; h++) {
                long at = (token[i] * heads + h * group) * dim;
                if (room)
                    attend_group(q + at, keys + h * dim, values + h * dim, pages + sequence[i] * table, out + at,
                                 visible[i], size, kv_heads, group, dim, scale, room, room + group * longest);
            }
        free(room);
    }
    return failed;
}

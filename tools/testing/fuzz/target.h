/* SPDX-License-Identifier: GPL-2.0 */
/* What a fuzzer, or a replay of what it found, calls with an input. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The format of a pool: a file of records, each a key and a value. Many programs rely on it. */
#ifndef HVU_POOL_FORMAT_H
#define HVU_POOL_FORMAT_H

#define HVU_POOL_KEY_SIZE	512	/* with the NUL */
#define HVU_POOL_VALUE_SIZE	2048	/* likewise */
#define HVU_POOL_RECORD_SIZE	(HVU_POOL_KEY_SIZE + HVU_POOL_VALUE_SIZE)
/* Records behind that many are not read, and none is added behind them. */
#define HVU_POOL_RECORDS	4096

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The socket of hvic-vssd's questions. */
#ifndef HVIC_SERVE_H
#define HVIC_SERVE_H

#include "hook.h"

int hvic_serve_accept(int listener, int root);
int hvic_serve(int connection, const struct hvic_hook_folder *folder);

#endif

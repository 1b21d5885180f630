/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the command agent in the guest and the host pass text to each other: in a box of memory that
 * is nobody else's, and by a port. A serial line would cost an exit for each character.
 */
#ifndef HVHOST_AGENT_PORT_H
#define HVHOST_AGENT_PORT_H

#define AGENT_BOX	0xd0000		/* its guest physical address; reserved */
#define AGENT_BOX_SIZE	0x8000

/*
 * 32 bits wide. To read it is to ask for what the host has to say: the number of bytes of it that
 * are in the box now, 0 if there are none. To write N is to say that the first N bytes in the box
 * are for the host. When the instruction is done, the box is free again.
 */
#define AGENT_PORT	0x620

#endif

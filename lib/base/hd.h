#ifndef STAIR_HD_H
#define STAIR_HD_H

/*
 * HD before a function in a header lets the host and device code run the very
 * lines: the compiler for GPUs makes both of it, any other a static inline
 * function.
 */
#ifdef __CUDACC__
#define HD static __host__ __device__ __forceinline__
#else
#define HD static inline
#endif

#endif

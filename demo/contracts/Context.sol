// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Returns the block context of a call, for tests.
contract Context {
    function number() external view returns (uint256) {
        return block.number;
    }

    function timestamp() external view returns (uint256) {
        return block.timestamp;
    }

    function baseFee() external view returns (uint256) {
        return block.basefee;
    }

    function coinbase() external view returns (address) {
        return block.coinbase;
    }

    function gasLimit() external view returns (uint256) {
        return block.gaslimit;
    }

    function prevRandao() external view returns (uint256) {
        return block.prevrandao;
    }

    function hashOf(uint256 which) external view returns (bytes32) {
        return blockhash(which);
    }

    function chain() external view returns (uint256) {
        return block.chainid;
    }
}

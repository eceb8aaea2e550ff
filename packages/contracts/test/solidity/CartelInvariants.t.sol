// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actor} from "./support/Actor.sol";
import {Assert} from "./support/Assert.sol";
import {CartelHandler} from "./support/CartelHandler.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-37, P-39: what a cartel of 5 to 25% of the stake cannot do to who counts as present: those of the first
/// record, of a showing that lists whole blocks, or of a payable record.
contract CartelInvariantsTest is Assert {
    CartelHandler private handler;
    Actor private actor;

    function setUp() public {
        handler = new CartelHandler();
        handler.setUp();
        actor = new Actor(handler);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// @dev Nobody is present without its signature in a verified aggregate. Nobody who signed can be kept from it: in
    /// any state each honest node's own showing is accepted in time, and it is present then. The sum of all blocks is
    /// an aggregate of exactly those in them, so anyone can add them from what is on chain.
    function invariant_P37_P39_whoever_signed_can_be_present_and_be_added() public {
        handler.checkAll();
    }

    function testFuzz_P39_any_life_beside_a_cartel(uint256[12] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) handler.act(seeds[i]);
        handler.checkAll();
    }

    function test_the_cartel_reaches_every_deed() public {
        for (uint256 i = 0; i < 300; ++i) handler.act(uint256(keccak256(abi.encode("cartel", i))));
        handler.checkAll();
        string memory missing = "never:";
        for (uint256 i = 0; i <= uint256(type(CartelHandler.Deed).max); ++i) {
            if (handler.done(i) == 0) missing = string.concat(missing, " ", vm.toString(i));
        }
        assertEq(bytes(missing), bytes("never:"));
    }
}
